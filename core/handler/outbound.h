/* outbound.h -- the requests that handlers send with `require "http"`: one
 * client for all scripts of an app, whose connections are kept alive.
 *
 * [worker]
 *
 * Path: script/module_http.c -> [outbound] -> client/client.c -> scheduler.c
 */
#ifndef HANDLER_OUTBOUND_H
#define HANDLER_OUTBOUND_H

#include "client/client.h"
#include "modules/module_http.h"

struct lua_State;

struct outbound {
    struct http_host host;
    struct client client;
};

/* Preload `http` in a state that has a scheduler. The struct stays in place as
 * long as the state. May raise. [any thread] */
void outbound_install(struct lua_State *L, struct outbound *outbound);

void outbound_start(struct outbound *outbound, struct network *network);

/* After all tasks are given up. */
void outbound_stop(struct outbound *outbound);

#endif
