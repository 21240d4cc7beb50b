/* dispatch.h -- which worker gets a new connection: the one that has the
 * fewest, of those that make progress.
 *
 * A worker whose handler computes on and on has few connections, and would be
 * given half of all new ones, to hang there. So the admin looks now and then at
 * the time for which each has waited for events: where that stands still the
 * worker is busy throughout, and is chosen only if all are.
 *
 * [admin]
 *
 * Path: listener.c -> [dispatch] -> worker.c
 */
#ifndef SERVE_DISPATCH_H
#define SERVE_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

struct dispatch_target;
struct worker;

struct dispatch {
    struct dispatch_target *targets;
    int n;
};

/* Room for n workers. False when out of memory. */
bool dispatch_init(struct dispatch *d, int n);
void dispatch_fini(struct dispatch *d);

void dispatch_add(struct dispatch *d, struct worker *worker);

/* To be called several times a second. */
void dispatch_look(struct dispatch *d, int64_t now_ns);

/* Of those that were added, which is at least one. */
struct worker *dispatch_choose(struct dispatch *d, int64_t now_ns);

#endif
