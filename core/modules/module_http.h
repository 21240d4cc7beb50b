/* module_http.h -- `require "http"`: requests from scripts, with the functions
 * and names of k6's module http.
 *
 * Handlers of the server and virtual users of the load generator use the same
 * module. What differs between the two is in a table of callbacks, struct
 * http_env: how a coroutine waits, which connections and cookies it uses and
 * where requests are counted.
 *
 * Path: script -> [module_http] -> http_request.c, http_batch.c,
 * http_prepared.c -> client/chain.c
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
#define HTTP_BATCH 20 /* the default of http_options.batch */
#define HTTP_BATCH_PER_HOST 6

/* The settings of requests whose params do not change them. Names and defaults
 * are k6's. */
struct http_options {
    char user_agent[HTTP_USER_AGENT_MAX + 1];
    int64_t max_redirects;  /* -1: 10, and a warning at the tenth */
    int64_t batch;          /* requests of one http.batch in progress at once */
    int64_t batch_per_host; /* of these, to one host; 0: no limit */
    bool discard_bodies;    /* responses have no body */
    bool no_cookies_reset;  /* iterations keep the cookies of the last one */
};

/* The statuses set by http.setResponseCallback, of one virtual user. */
struct http_expected {
    const struct status_set *set; /* `own`, k6's default, or NULL: no reply
                                     fails */
    struct status_set own;
};

/* Sets the defaults. */
void http_options_init(struct http_options *options);

/* The callbacks by which the module uses a server's handler or a virtual user.
 * `asker` is an opaque pointer to the virtual user, or to the task of the
 * handler, that sends the request. */
struct http_env {
    const struct http_options *options;
    /* Returns the asker whose coroutine runs. Returns NULL and sets `why`, an
     * error text that follows the name of the function, if the coroutine cannot
     * wait here. */
    void *(*find)(void *ctx, struct lua_State *L, const char **why);
    /* Returns a chain for the asker. May push one value, which keeps the chain
     * alive. May raise. */
    struct chain *(*take)(void *asker, struct lua_State *L);
    /* Gives the chain back after the script has got its response. */
    void (*release)(struct chain *chain);
    /* Returns the client that sends the requests of the asker. */
    struct client *(*client)(void *ctx, void *asker);
    /* Appends headers to a request that is complete but for the end of its
     * headers. The callback may be NULL. */
    void (*headers)(void *asker, struct transfer *transfer);
    /* Returns the cookie jar of the asker, or NULL if it has none. */
    struct cookie_jar *(*jar)(void *asker);
    /* Returns the statuses that do not count as failed, or NULL: none fails. */
    const struct status_set *(*expected)(void *asker);
    /* Returns the setting of the virtual user whose script runs or is loaded,
     * or NULL if the script runs for no virtual user. The callback is NULL in
     * handlers. */
    struct http_expected *(*to_expect)(void *ctx);
    /* Counts a transfer that is done. */
    void (*count)(void *asker, struct transfer *transfer);
    /* Announces that the coroutine yields next and waits for `wake`. `cancel`
     * is called if the coroutine is given up before. */
    void (*wait)(void *asker, void (*cancel)(void *), void *cancel_ctx);
    /* Resumes the coroutine. */
    void (*wake)(void *asker);
    void *ctx; /* the first argument of find, client and to_expect */
};

/* Makes `require "http"` work in a state. `env` stays in place as long as the
 * state. May raise. */
void module_http_install(struct lua_State *L, const struct http_env *env);

#endif
