/* outbound.h -- the requests that handlers send with `require "http"`.
 *
 * Each app has one client, whose connections are kept alive and shared by all
 * its scripts. module_http.c implements the module for handlers and for load
 * tests; this file tells it what is particular to handlers: the task that asks
 * waits, and there is no cookie jar, because one jar for all requests would mix
 * up their users. Functions without a note are called on the worker's thread.
 *
 * Path: modules/http_request.c -> [outbound], its callbacks -> scheduler.c.
 * The request itself goes http_request.c -> client/chain.c -> client.c.
 */
#ifndef HANDLER_OUTBOUND_H
#define HANDLER_OUTBOUND_H

#include "client/client.h"
#include "modules/module_http.h"

struct lua_State;

struct outbound {
    struct http_env env;
    struct client client;
};

/* Makes `require "http"` work in a state that has a scheduler. The struct stays
 * in place as long as the state. May raise. [any thread] */
void outbound_install(struct lua_State *L, struct outbound *outbound);

/* Opens the client on the worker's network. */
void outbound_start(struct outbound *outbound, struct network *network);

/* Closes the client. Called after all tasks have ended. */
void outbound_stop(struct outbound *outbound);

#endif
