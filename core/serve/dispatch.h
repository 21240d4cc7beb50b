/* dispatch.h -- chooses the worker for a new connection: the one that has the
 * fewest connections, among those that make progress.
 *
 * A worker whose handler computes for long has few connections. By numbers
 * alone half of all new connections would go there and wait. The admin thread
 * therefore reads several times a second for how long each worker has waited
 * for events. A worker whose time has not grown for 200 ms is busy. So is a
 * worker from which handover.c took a socket back, until it waits for events
 * again. A busy worker is chosen only if all workers are busy.
 *
 * All functions are called on the admin thread.
 *
 * Path: server.c -> [dispatch] -> handover.c -> worker.c
 */
#ifndef SERVE_DISPATCH_H
#define SERVE_DISPATCH_H

#include <stdbool.h>
#include <uv.h>

#include "serve/handover.h"

struct dispatch_target;
struct worker;

struct dispatch {
    struct handovers handovers;
    struct dispatch_target *targets;
    int n;
};

/* Makes room for `n` workers. The struct stays in place until dispatch_fini.
 * Returns false if out of memory. */
bool dispatch_open(struct dispatch *d, uv_loop_t *loop, int n);

/* Adds a worker, which lives until dispatch_fini. */
void dispatch_add(struct dispatch *d, struct worker *worker);

/* Reads which workers make progress. Called several times a second. */
void dispatch_check(struct dispatch *d);

/* Gives a connected socket, which the callee owns from then on, to a worker. At
 * least one worker was added. */
void dispatch_post(struct dispatch *d, int fd);

/* Returns how many connections the workers have, including those on their
 * way. */
unsigned dispatch_n_connections(const struct dispatch *d);

/* Called before the workers are told to stop. Does nothing if dispatch_open
 * was not called or has failed. */
void dispatch_close(struct dispatch *d);

/* Called when all workers have stopped. */
void dispatch_fini(struct dispatch *d);

#endif
