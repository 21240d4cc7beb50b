/* observe.h -- reports tasks to the profilers: runs and waits to every open
 * profile of wall time and trace, and on request what each coroutine is doing
 * now.
 *
 * All functions are called on the thread that runs the state.
 *
 * Path: scheduler.c, record/profile_kind_*.c -> [observe] -> wall.c, trace.c,
 *       coroutines.c
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

/* Called by scheduler.c when a wait of the task begins and when it ends. */
void observe_wait_begin(struct task *task);
void observe_wait_end(const struct task *task);

/* Called by scheduler.c before and after a task runs. The task may be freed in
 * between, so the struct keeps what observe_run_end needs. */
struct observed_run {
    bool is_traced;
    struct trace_event event;
};
void observe_run_begin(struct observed_run *run, const struct task *task);
void observe_run_end(struct observed_run *run);

/* Makes the state keep track of the coroutines that it makes from now on, for
 * observe_coroutines. May raise a Lua error. */
void observe_track(struct lua_State *L);

/* A coroutine that does not run. */
struct observed_coroutine {
    struct lua_State *co;
    const struct coroutine_origin *origin;
    const struct task *task; /* NULL: a script made the coroutine */
    const char *state;       /* of a task: the reason of its wait, or
                                "runnable"; otherwise "suspended" or "not
                                started" */
    int64_t waited_ms;       /* 0: not known */
    uint32_t labels;         /* of the task, or of the thread */
};

/* Calls `visit` for each coroutine of the state that does not run. `visit` must
 * neither raise an error nor make a coroutine. */
void observe_coroutines(struct lua_State *L,
                        void (*visit)(void *ctx,
                                      const struct observed_coroutine *c),
                        void *ctx);

/* Adds the waits of the state's tasks that still wait, as far as they lie
 * within the window, to a tally (wall_add_waiting). */
void observe_waits(struct lua_State *L, const struct wall_window *window,
                   struct tally *tally);

/* Adds the waits of the state's tasks that still wait, and their requests, to
 * the trace with this number (trace_add_to). */
void observe_trace(struct lua_State *L, uint64_t trace);

#endif
