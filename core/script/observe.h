/* observe.h -- what profiles want to know of tasks: when they run and wait, for
 * those that are open meanwhile; what they are at, for one that asks.
 *
 * Everything here is called on the thread of the state.
 *
 * Path: scheduler.c, record/profile_kind_*.c -> [observe] -> sample/
 */
#ifndef SCRIPT_OBSERVE_H
#define SCRIPT_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/session/trace.h"

struct coroutine_origin;
struct lua_State;
struct tally;
struct task;
struct wall_window;

/* A task's wait begins; it is over. */
void observe_wait_begin(struct task *task);
void observe_wait(const struct task *task);

/* A task runs, until the end. It may be gone by then. */
struct observed_run {
    bool is_traced;
    struct trace_event event;
};
void observe_run_begin(struct observed_run *run, const struct task *task);
void observe_run_end(struct observed_run *run);

/* Makes the state keep track of the coroutines that it makes from now on, for
 * observe_coroutines. May raise. */
void observe_track(struct lua_State *L);

/* A coroutine that does not run. */
struct observed_coroutine {
    struct lua_State *co;
    const struct coroutine_origin *origin;
    const struct task *task; /* NULL: a script has made the coroutine */
    /* "suspended" or "not started"; of a task the object that it waits for, or
     * "runnable". */
    const char *state;
    int64_t waited_ms; /* 0: not known */
    uint32_t labels;
};

/* Calls `visit` for each coroutine of the state that does not run. `visit` may
 * neither raise nor make coroutines. */
void observe_coroutines(struct lua_State *L,
                        void (*visit)(void *ctx,
                                      const struct observed_coroutine *c),
                        void *ctx);

/* Adds to a tally how long the state's tasks that still wait have waited within
 * the window (wall.h). */
void observe_waits(struct lua_State *L, const struct wall_window *window,
                   struct tally *tally);

/* Tells the trace of this number (trace.h) what the state's tasks wait for that
 * still wait, and for which requests. */
void observe_trace(struct lua_State *L, uint64_t trace);

#endif
