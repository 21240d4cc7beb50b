/* module_http.h -- `require "http"`: requests from scripts, of handlers and of
 * the load generator's virtual users.
 */
#ifndef MODULES_MODULE_HTTP_H
#define MODULES_MODULE_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "client/chain.h"

struct client;
struct cookie_jar;
struct lua_State;

#define HTTP_USER_AGENT_MAX 127
#define HTTP_BATCH 20
#define HTTP_BATCH_PER_HOST 6

/* What holds for all requests that say nothing else; k6's names and values. */
struct http_options {
    char user_agent[HTTP_USER_AGENT_MAX + 1];
    int64_t max_redirects;  /* -1: 10, and where that stops, a warning */
    int64_t batch;          /* requests of one http.batch at once */
    int64_t batch_per_host; /* of these, to one host; 0: all */
    bool discard_bodies;
    bool no_cookies_reset; /* of virtual users, at each iteration */
};

/* What setResponseCallback sets, of one virtual user. */
struct http_expected {
    const struct status_set *set; /* `own`, k6's default, or NULL: none */
    struct status_set own;
};

void http_options_init(struct http_options *options);

/* Whose requests they are, and how a script waits for them. What asks, a
 * virtual user or a handler's task, is an opaque `asker`. */
struct http_env {
    const struct http_options *options;
    /* Whose coroutine runs. NULL, and `why` to be put behind the function's
     * name, when it cannot wait here. */
    void *(*find)(void *ctx, struct lua_State *L, const char **why);
    /* A chain for it. May push one value, which keeps it alive. May raise. */
    struct chain *(*take)(void *asker, struct lua_State *L);
    /* The script has its response. */
    void (*release)(struct chain *chain);
    struct client *(*client)(void *ctx, void *asker);
    /* A request is built but for its end: headers may be added. NULL: none
     * are. */
    void (*headers)(void *asker, struct transfer *transfer);
    /* Its own jar; NULL: it has none. */
    struct cookie_jar *(*jar)(void *asker);
    /* What its requests expect. */
    const struct status_set *(*expected)(void *asker);
    /* To be set by the script that runs or is loaded; NULL: it is nobody's.
     * Absent where there is no such thing. */
    struct http_expected *(*to_expect)(void *ctx);
    /* A transfer of its is done. */
    void (*count)(void *asker, struct transfer *transfer);
    /* The coroutine yields next, until `wake`; `cancel` is called when it is
     * given up before. */
    void (*wait)(void *asker, void (*cancel)(void *), void *cancel_ctx);
    void (*wake)(void *asker);
    void *ctx;
};

/* Preload it in a state. `env` stays in place as long as the state. */
void module_http_install(struct lua_State *L, const struct http_env *env);

#endif
