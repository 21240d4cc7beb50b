/* module_http.h -- `require "http"`: requests from scripts, of handlers and of
 * the load generator's virtual users.
 */
#ifndef SCRIPT_MODULE_HTTP_H
#define SCRIPT_MODULE_HTTP_H

#include <stdbool.h>

#include "client/transfer.h"

struct lua_State;

/* Whose requests they are, and how the script waits for them. */
struct http_host {
    const char *user_agent;
    /* A transfer for the coroutine that runs, with keep_body set. May push one
     * value, which keeps it alive. NULL, and `why` to be put behind the
     * function's name, when that cannot wait. May raise. */
    struct transfer *(*take)(void *ctx, struct lua_State *L, const char **why);
    /* Send it; the coroutine, which yields next, is resumed when it is done.
     * False: out of memory. */
    bool (*send)(void *ctx, struct transfer *transfer);
    /* It could not be sent: transfer_fail it. */
    void (*fail)(void *ctx, struct transfer *transfer, enum client_error error);
    /* The script has its response. */
    void (*release)(void *ctx, struct transfer *transfer);
    void *ctx;
};

/* Preload it in a state. `host` stays in place as long as the state. */
void module_http_install(struct lua_State *L, const struct http_host *host);

#endif
