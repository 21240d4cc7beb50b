/* exchange.h -- one request that a Lua handler answers: from its route to the
 * handler's results, or to the end of the stream that it returns.
 *
 * [worker]
 *
 * Path: app.c -> [exchange] -> scheduler.c -> reply.c -> daemon.c
 */
#ifndef HANDLER_EXCHANGE_H
#define HANDLER_EXCHANGE_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"
#include "http/daemon.h"
#include "handler/router.h"
#include "sample/walk/context.h"

struct access_record;
struct client_watch;
struct exchange;
struct lua_State;
struct reply;
struct route_traffic;
struct routes;
struct scheduler;
struct stream;
struct task;

/* Those of an app, and what they need of it. */
struct exchanges {
    struct lua_State *L;
    const struct routes *routes;
    struct scheduler *scheduler;
    uv_loop_t *loop;
    const char *worker; /* its number as text */
    bool dev;           /* show tracebacks to clients */
    bool trusts_baggage;
    struct list list;
};

struct exchange {
    struct exchanges *all; /* NULL once the script is done with it */
    struct request *request;
    struct router_match match;
    /* Where the script's `req` points back here; NULL when it has none. */
    struct exchange **handle;
    struct route_traffic *traffic; /* NULL: no route */
    uint32_t labels;               /* of its samples */
    struct context_request sampled;
    struct task *task;            /* the handler's or the stream's */
    struct client_watch *watch;   /* while the task waits */
    struct stream *stream;        /* NULL: the reply is not one */
    struct exchange **writer;     /* where the script's `write` points here */
    struct access_record *access; /* NULL: there is no access log */
    bool is_started;              /* the stream's task */
    bool is_blocked;              /* it waits for the client */
    struct list_link in_all;      /* in all->list */
};

/* The request's data from here on. NULL when out of memory. */
struct exchange *exchange_new(struct request *request, bool logs_access);

/* Have the handler of its match answer, now or later. */
void exchange_start(struct exchange *x, struct exchanges *all);

/* Answer without a handler, or with what it returned. */
void exchange_answer(struct exchange *x, const struct reply *reply);

/* Answer a started one with 503; break its stream off. */
void exchange_stop(struct exchange *x);

/* Its request is over, answered or not: free it. */
void exchange_end(struct exchange *x, const char *worker);

#endif
