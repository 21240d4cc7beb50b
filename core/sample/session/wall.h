/* wall.h -- a profile of wall time: where threads are, on and off the CPU, and
 * what tasks wait for.
 *
 * Threads are sampled (wall_timer.h). A task's wait is known when it ends: it
 * is added then, with the stack that waited; one that is shorter than the
 * period with a probability of its share of it, and the weight of a period, so
 * that costs are bounded and sums are right. What still waits at the end is
 * added by whoever owns the tasks.
 *
 * Path: script/scheduler.c -> [wall] -> session_profile.c
 */
#ifndef SAMPLE_SESSION_WALL_H
#define SAMPLE_SESSION_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sample/session/session.h"
#include "sample/tables/tally.h"

struct lua_State;
struct profile;
struct context_request;
struct wall;

/* What time a profile is of. */
struct wall_window {
    uint64_t end_number;      /* from 1, in the order of their ends; 0: open */
    int64_t start_ns, end_ns; /* monotonic; INT64_MAX: open */
    int64_t period_ns;
    int64_t slower_than_ns; /* of requests that take as long; 0: of all */
};

/* The kind of the options does not matter. NULL and err. [any thread] */
struct wall *wall_open(const struct session_options *options, struct err *err);

/* Take nothing more that happens from now on. The window is good until
 * wall_close; tasks that wait now are to be added to a tally. */
const struct wall_window *wall_end(struct wall *wall);

/* Adds what was recorded, and what is in `waiting`, to `profile`, as
 * session_close does. Returns false and sets err if out of memory. `wall` is
 * freed either way. [any thread, not a worker's] */
bool wall_close(struct wall *wall, struct tally *waiting,
                struct profile *profile, struct err *err);
void wall_abort(struct wall *wall);

/* Is any open? Cheap. */
bool wall_is_open(void);

/* A coroutine's wait for `reason`. */
struct wall_wait {
    struct lua_State *co; /* yielded */
    uint32_t labels;
    struct context_request *request; /* that it is for, or NULL */
    const char *reason;
    int64_t since_ns; /* monotonic; 0: before any that is open began */
    uint64_t seen;    /* end_number of the last window that has it, or 0 */
};

/* It is over: for all that are open. */
void wall_waited(const struct wall_wait *wait);

/* It goes on: for this window, at its end. Tasks are asked about in the order
 * in which windows end. */
void wall_add_waiting(const struct wall_window *window,
                      const struct wall_wait *wait, struct tally *tally);

#endif
