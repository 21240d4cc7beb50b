/* exchange.h -- one request that a Lua handler answers: from its route to the
 * handler's results. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/daemon.h"
#include "http/router.h"

struct app;
struct route_traffic;

struct exchange {
    struct app *app; /* NULL once it has its answer, or needs none */
    struct request *request;
    struct router_match match;
    /* Where the script's `req` points back here; NULL when it has none. */
    struct exchange **handle;
    struct route_traffic *traffic; /* NULL: no route */
    struct exchange *prev, *next;  /* in app->exchanges */
};

#endif
