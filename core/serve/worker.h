/* worker.h -- a thread that answers requests with Lua: an event loop, an HTTP
 * daemon and an app (app.h) of its own. Workers share nothing, so no request
 * ever takes a lock.
 *
 * A new app takes the requests that come from then on; the old one ends its
 * own, within a deadline, and is given back.
 *
 * Path: handover.c -> [worker] -> daemon.c -> app.c
 */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mailbox.h"
#include "http/daemon.h"

struct app;
struct gathering;
struct handover_receiver;
struct traffic;
struct worker;

struct worker_options {
    int number; /* from 1 */
    struct daemon_limits limits;
    bool logs_access;      /* access_log.h */
    bool trusts_baggage;   /* baggage.h */
    struct mailbox *owner; /* on whose thread these are called: */
    /* The worker has answered its last request; join it. */
    void (*stopped)(void *ctx);
    /* An app has come to its end; the callee frees it. */
    void (*retired)(void *ctx, int number, struct app *app);
    void *ctx;
};

/* Returns when the worker is ready. The app is the worker's from here on,
 * whatever comes of it. NULL and err when something is short. */
struct worker *worker_start(const struct worker_options *options,
                            struct app *app, struct err *err);

/* Serve with this app, the worker's from here on. Not again before `retired`
 * was called. [owner] */
void worker_replace(struct worker *worker, struct app *app);

/* Returns the end of the worker that takes connected sockets. */
struct handover_receiver *worker_receiver(struct worker *worker);

/* What it counts of its requests. [any thread] */
const struct traffic *worker_traffic(const struct worker *worker);

/* Nanoseconds in which it waited for events, in which it did not, and CPU time
 * that its thread has used, all since its start. [any thread] */
int64_t worker_idle_ns(struct worker *worker);
int64_t worker_busy_ns(struct worker *worker);
int64_t worker_cpu_ns(const struct worker *worker);

/* Ask it to collect all garbage of its states, once whoever runs lets it.
 * [owner] */
void worker_collect(struct worker *worker);

/* Has it done so each time that it was asked? [owner] */
bool worker_has_collected(const struct worker *worker);

/* Is it at that right now? [any thread] */
bool worker_is_collecting(const struct worker *worker);

/* Questions that a worker may have without having answered them. Each keeps its
 * gathering in memory, and a worker that is stuck answers none. */
enum { WORKER_MAX_QUESTIONS = 64 };

/* Asks the worker to have the gathering take what it wants of its states, as
 * soon as the running task yields. Returns false, and asks nothing, if the
 * worker has too many questions or if out of memory. [owner] */
bool worker_gather(struct worker *worker, struct gathering *gathering);

/* Finish the requests that are there, then stop; after the deadline those
 * that still wait are answered with 503. Nothing may be handed over any more.
 * [owner, once] */
void worker_stop(struct worker *worker);

/* After `stopped`: wait for its thread and free it. [owner] */
void worker_join(struct worker *worker);

#endif
