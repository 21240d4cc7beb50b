/* exchange.h -- one request that a Lua handler answers: from its route to the
 * handler's results, or to the end of the stream that it returns. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/daemon.h"
#include "http/router.h"

struct access_record;
struct app;
struct client_watch;
struct route_traffic;
struct stream;
struct task;

struct exchange {
    struct app *app; /* NULL once the script is done with it */
    struct request *request;
    struct router_match match;
    /* Where the script's `req` points back here; NULL when it has none. */
    struct exchange **handle;
    struct route_traffic *traffic; /* NULL: no route */
    struct task *task;             /* the handler's or the stream's */
    struct client_watch *watch;    /* while the task waits */
    struct stream *stream;         /* NULL: the reply is not one */
    struct exchange **writer;      /* where the script's `write` points here */
    struct access_record *access;  /* NULL: there is no access log */
    bool is_started;               /* the stream's task */
    bool is_blocked;               /* it waits for the client */
    struct exchange *prev, *next;  /* in app->exchanges */
};

#endif
