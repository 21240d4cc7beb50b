/* dispatch.h -- which worker gets a new connection: the one that has the
 * fewest, of those that make progress.
 *
 * A worker whose handler computes on and on has few connections, so half of all
 * new ones would be given to it and wait there. The admin thread therefore
 * reads several times a second for how long each worker has waited for events.
 * Where that time stands still for 200 ms the worker is busy throughout. So is
 * a worker from which handover.c had to take a socket back, until it waits for
 * events again. A busy worker is chosen only if all are.
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

void dispatch_add(struct dispatch *d, struct worker *worker);

/* Finds out which workers make progress. Called several times a second. */
void dispatch_check(struct dispatch *d);

/* Gives a connected socket to a worker. At least one was added. */
void dispatch_post(struct dispatch *d, int fd);

/* Returns how many connections the workers have, those on their way to one
 * included. */
unsigned dispatch_n_connections(const struct dispatch *d);

/* Called before the workers are told to stop. Does nothing if dispatch_open
 * was not called or has failed. */
void dispatch_close(struct dispatch *d);

/* Called when all workers have stopped. */
void dispatch_fini(struct dispatch *d);

#endif
