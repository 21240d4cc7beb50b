/* worker.h -- a thread that answers requests with Lua: an event loop, an HTTP
 * daemon and a Lua state of its own, a coroutine for each request. Workers
 * share nothing, so no request ever takes a lock.
 *
 * Path: listener.c -> [worker] -> routes.c, scheduler.c -> reply.c
 */
#ifndef HTTP_WORKER_H
#define HTTP_WORKER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mailbox.h"

struct worker;

struct worker_options {
    int number;      /* from 1 */
    const char *dir; /* of routes.lua; outlives the worker */
    bool dev;        /* show tracebacks to clients */
    unsigned max_connections;
    /* `stopped` is called on the thread of this mailbox when the worker has
     * answered its last request; the thread may be joined then. */
    struct mailbox *owner;
    void (*stopped)(void *ctx);
    void *ctx;
};

/* Returns when the worker is ready. NULL and err when its routes do not load
 * or something is short. */
struct worker *worker_start(const struct worker_options *options,
                            struct err *err);

/* Serve a connected socket, which the worker owns from here on. [owner] */
void worker_take(struct worker *worker, int fd);

/* Connections that it has. [any thread] */
unsigned worker_n_connections(const struct worker *worker);

/* Finish the requests that are there, then stop; after the deadline those
 * that still wait are answered with 503. Nothing may be handed over any more.
 * [owner, once] */
void worker_stop(struct worker *worker);

/* After `stopped`: wait for its thread and free it. [owner] */
void worker_join(struct worker *worker);

#endif
