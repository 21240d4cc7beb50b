/* scheduler.h -- runs Lua functions as coroutines on an event loop.
 *
 * A task is one coroutine with the labels of its samples. It runs until it
 * returns, fails or waits; what it waits for wakes it later, and meanwhile its
 * thread does other work. Finished coroutines are pooled: a task that does
 * not wait costs no allocation.
 *
 * Everything here belongs to the thread of the loop.
 *
 * Path: http/worker.c -> [scheduler] -> script/call.c; module_scheduler.c
 */
#ifndef SCRIPT_SCHEDULER_H
#define SCRIPT_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct lua_State;
struct scheduler;
struct task;

/* One per Lua state. NULL and err when out of memory. */
struct scheduler *scheduler_new(struct lua_State *L, uv_loop_t *loop,
                                struct err *err);

/* Forget all tasks, without calling their `done`. The memory goes when the
 * loop has run once more. Call before lua_close. */
void scheduler_close(struct scheduler *scheduler);

/* A task that is not started yet. NULL and err when out of memory. */
struct task *scheduler_take(struct scheduler *scheduler, struct err *err);

/* Its coroutine, with an empty stack until the caller has pushed values to
 * keep alive (any number), a function and its arguments. */
struct lua_State *task_stack(const struct task *task);

/* How a task ended. `err` is NULL when its function returned: its coroutine's
 * stack holds the values that were kept, then the results. Otherwise err is
 * the message with a traceback and the error value is on top of the stack.
 * The stack is emptied after the call. */
typedef void (*task_done_fn)(void *ctx, struct lua_State *co,
                             const struct err *err);

/* Run it up to its first wait. `done` is called once, perhaps before this
 * returns. */
void task_start(struct task *task, int nargs, uint32_t labels,
                task_done_fn done, void *ctx);

/* Give back a task that was taken and never started. */
void task_release(struct task *task);

/* The task whose own coroutine `L` is and that may yield here; NULL within a
 * coroutine that a script made, or under a C function that cannot yield. */
struct task *scheduler_running_task(struct lua_State *L);

/* Wake the task after `seconds`, never before, at most 2 ms later when the
 * thread is free. The caller yields next. */
void task_wake_after(struct task *task, double seconds);

#endif
