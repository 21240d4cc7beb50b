/* exchange.h -- one request that a Lua handler answers.
 *
 * An exchange lasts from the route's match to the end of the request. Its
 * handler runs as a task, which may wait. The handler's results become a reply;
 * if the reply is a stream, a second task writes the body while it is sent.
 * The script's part ends before the exchange does: a reply may still be on its
 * way to the client when the task and the `req` are gone.
 *
 *     exchange_new -> exchange_start -> exchange_answer -> exchange_end
 *                                   '-> stream, written -'
 *
 * All functions are called on the worker's thread.
 *
 * Path: app.c -> [exchange] -> script/scheduler.c -> reply.c -> daemon.c
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

/* The exchanges of an app, and what they use of it. */
struct exchanges {
    struct lua_State *L;
    const struct routes *routes;
    struct scheduler *scheduler;
    uv_loop_t *loop;
    const char *worker; /* its number as text */
    bool dev;           /* clients get tracebacks */
    bool trusts_baggage;
    struct list list; /* those whose script's part is not over */
};

struct exchange {
    struct exchanges *all; /* NULL once the script's part is over */
    struct request *request;
    struct router_match match;
    /* The pointer in the script's `req` that leads back here, or NULL. */
    struct exchange **handle;
    struct route_traffic *traffic; /* NULL: the request has no route */
    uint32_t labels;               /* of its samples */
    struct context_request sampled;
    struct task *task;          /* the handler's, later the stream's */
    struct client_watch *watch; /* while the task waits */
    struct stream *stream;      /* NULL: the reply is no stream */
    /* The pointer in the script's `write` that leads back here, or NULL. */
    struct exchange **writer;
    struct access_record *access; /* NULL: there is no access log */
    bool is_started;              /* the stream's task runs or has run */
    bool is_blocked;              /* that task waits for the client */
    struct list_link in_all;      /* in all->list */
};

/* Makes an exchange and sets it as the request's data. Returns NULL if out of
 * memory. */
struct exchange *exchange_new(struct request *request, bool logs_access);

/* Calls the handler of the exchange's match, which answers at once or later. */
void exchange_start(struct exchange *x, struct exchanges *all);

/* Answers the request with the reply, and ends the script's part. */
void exchange_answer(struct exchange *x, const struct reply *reply);

/* Answers a started exchange with 503, or breaks its stream off. */
void exchange_stop(struct exchange *x);

/* Frees the exchange of a request that is over, answered or not. */
void exchange_end(struct exchange *x, const char *worker);

#endif
