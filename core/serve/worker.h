/* worker.h -- a thread that answers requests with Lua.
 *
 * A worker has an event loop, an HTTP daemon and an app (app.h) of its own.
 * Workers share no part of the server, so they do not wait for each other: a
 * request takes a lock of the program only if its script uses what is shared
 * (sync, shared, thread, labels), if its labels come from the client
 * (--trust-baggage), or where a profile records something. After a reload the
 * new app gets all further requests. The old app is given back when its
 * requests and the coroutines that it has spawned have ended, after 5 s at the
 * latest: requests that still wait then are answered with 503. The owner, which
 * is the admin thread, talks to a worker only by messages to its mailbox. A
 * worker whose handler computes reads no messages, so the owner never waits for
 * one: sockets are taken back (handover.h), questions time out (capture.c), and
 * the end is abandoned (server.c).
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
    int number; /* from 1; the value of the label `worker` */
    struct daemon_limits limits;
    bool logs_access;      /* access_log.h */
    bool trusts_baggage;   /* baggage.h */
    struct mailbox *owner; /* on its thread the callbacks are called */
    /* The worker has answered its last request. The callee joins it. */
    void (*stopped)(void *ctx);
    /* An app has ended. The callee frees it. */
    void (*retired)(void *ctx, int number, struct app *app);
    void *ctx;
};

/* Starts a worker, which owns the app from then on even if the start fails.
 * Returns when the worker is ready, or returns NULL and sets err if memory,
 * threads or descriptors are short. */
struct worker *worker_start(const struct worker_options *options,
                            struct app *app, struct err *err);

/* Makes the worker serve with this app, which it owns from then on. Must not be
 * called again before `retired` was called. [owner] */
void worker_replace(struct worker *worker, struct app *app);

/* Returns the worker's end of handover.h, which takes connected sockets. */
struct handover_receiver *worker_receiver(struct worker *worker);

/* Returns the counters of the worker's requests. [any thread] */
const struct traffic *worker_traffic(const struct worker *worker);

/* Return nanoseconds since the worker's start: in which it waited for events,
 * in which it did not, and of CPU time of its thread. [any thread] */
int64_t worker_idle_ns(struct worker *worker);
int64_t worker_busy_ns(struct worker *worker);
int64_t worker_cpu_ns(const struct worker *worker);

/* Asks the worker to collect all garbage of its states, as soon as the running
 * task yields. [owner] */
void worker_collect(struct worker *worker);

/* Returns true if the worker has collected as often as it was asked. [owner] */
bool worker_has_collected(const struct worker *worker);

/* Returns true while the worker collects. [any thread] */
bool worker_is_collecting(const struct worker *worker);

/* The most questions that a worker may have without having answered them. Each
 * question keeps its gathering in memory, and a stuck worker answers none. */
enum { WORKER_MAX_QUESTIONS = 64 };

/* Asks the worker to call gathering_take for each of its states, as soon as the
 * running task yields. Returns false, and asks nothing, if the worker has
 * WORKER_MAX_QUESTIONS questions or if out of memory. [owner] */
bool worker_gather(struct worker *worker, struct gathering *gathering);

/* Lets the requests that are under way end, then stops the worker. After 5 s
 * those that still wait are answered with 503. No socket may be handed over
 * any more. Called once. [owner] */
void worker_stop(struct worker *worker);

/* Waits for the worker's thread and frees the worker. Called after `stopped`.
 * [owner] */
void worker_join(struct worker *worker);

#endif
