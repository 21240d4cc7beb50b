/* wall.h -- a profile of wall time: where threads are, on and off the CPU, and
 * for what tasks wait.
 *
 * The threads are a session of kind SESSION_WALL. A task's wait
 * is added when it ends, with the stack that waited. A wait that is shorter
 * than the period is added with the probability length / period and then has
 * the weight of a period, so the cost is bounded and sums are unbiased. At the
 * end of a profile some tasks still wait. The caller asks every worker to add
 * those to a tally:
 *
 *     wall_open
 *        | wall_waited: waits that end meanwhile           [any thread]
 *     wall_end -> window
 *        | wall_add_waiting(window): waits that go on      [each worker]
 *     wall_close, or wall_abort
 *
 * The caller of wall_open owns the wall until wall_close or wall_abort, which
 * free it.
 *
 * Path: script/observe.c -> [wall] -> session.c -> session_profile.c
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

/* The time that a profile covers. */
struct wall_window {
    uint64_t end_number;      /* 1, 2, ... in the order of their ends; 0: the
                                 window has not ended */
    int64_t start_ns, end_ns; /* monotonic; INT64_MAX: not ended */
    int64_t period_ns;
    int64_t slower_than_ns; /* only requests that take this long or longer; 0:
                               all requests, and tasks without a request */
};

/* Opens a profile with the rate and slower_than_ns of the options; their kind
 * is ignored. Returns NULL and sets err if the rate is out of range or memory
 * is short. [any thread] */
struct wall *wall_open(const struct session_options *options, struct err *err);

/* Ends the window: waits that end later are added up to now only. Returns the
 * window, which lives until wall_close or wall_abort. [any thread] */
const struct wall_window *wall_end(struct wall *wall);

/* Adds the samples of the threads, the waits and the entries of `waiting` to
 * `profile`, as session_close does, and frees the wall. Returns false and sets
 * err if out of memory; the wall is freed all the same. [any thread except a
 * worker's] */
bool wall_close(struct wall *wall, struct tally *waiting,
                struct profile *profile, struct err *err);

/* Frees the wall without a profile. [any thread] */
void wall_abort(struct wall *wall);

/* Closes all walls in a forked child, without their locks. */
void wall_forget_all(void);

/* Returns true while a wall is open. Costs one load. [any thread] */
bool wall_is_open(void);

/* The wait of a task. */
struct wall_wait {
    struct lua_State *co; /* the task's coroutine, which has yielded */
    uint32_t labels;
    struct context_request *request; /* NULL: the task has no request */
    const char *reason;              /* "mutex orders"; copied */
    int64_t since_ns; /* monotonic; 0: before any open window began */
    uint64_t seen;    /* end_number of the last window to which the wait was
                         added by wall_add_waiting; 0: none */
};

/* Adds a wait that has just ended to every open wall, except those that have it
 * already by `seen`. [the task's thread] */
void wall_waited(const struct wall_wait *wait);

/* Adds a wait that goes on to `tally`, for a window that has ended. Tasks are
 * asked in the order in which windows end, so that `seen` covers all earlier
 * windows. [the task's thread] */
void wall_add_waiting(const struct wall_window *window,
                      const struct wall_wait *wait, struct tally *tally);

#endif
