/* scheduler.h -- runs Lua functions as coroutines on an event loop.
 *
 * A task is one coroutine with the labels of its samples. It runs until it
 * returns, fails or waits; what it waits for wakes it later, and meanwhile its
 * thread does other work. Finished coroutines are pooled: a task that does
 * not wait costs no allocation.
 *
 * Everything here belongs to the thread of the loop.
 *
 * Path: http/app.c -> [scheduler] -> script/call.c; timer.c,
 * module_scheduler.c
 */
#ifndef SCRIPT_SCHEDULER_H
#define SCRIPT_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/list.h"

struct lua_State;
struct mailbox;
struct ready;
struct context_request;
struct scheduler;
struct task;
struct timers;

/* One per Lua state. NULL and err when out of memory. A state is loaded before
 * it has a thread to serve on: until scheduler_start there are no tasks, and
 * timers wait. [any thread] */
struct scheduler *scheduler_new(struct lua_State *L, struct err *err);

/* Run on this loop, on the calling thread. `mailbox` is the loop's and outlives
 * the scheduler. */
void scheduler_start(struct scheduler *scheduler, uv_loop_t *loop,
                     struct mailbox *mailbox);

/* Call nothing more by timers; what was spawned still runs. */
void scheduler_quiet(struct scheduler *scheduler);

/* Has it no task under way, and none to come? After scheduler_quiet. */
bool scheduler_is_idle(const struct scheduler *scheduler);

/* Give up all tasks (task_abort). Their memory goes when the loop runs on; the
 * state has no scheduler then. Call before lua_close; without scheduler_start
 * from any thread. */
void scheduler_close(struct scheduler *scheduler);

/* The scheduler of a state; NULL: it has none. */
struct scheduler *scheduler_of(struct lua_State *L);

/* NULL before scheduler_start. */
uv_loop_t *scheduler_loop(const struct scheduler *scheduler);

struct mailbox *scheduler_mailbox(const struct scheduler *scheduler);

struct timers *scheduler_timers(struct scheduler *scheduler);

struct ready *scheduler_ready(struct scheduler *scheduler);

/* A task that is not started yet. NULL and err when out of memory. */
struct task *scheduler_take(struct scheduler *scheduler, struct err *err);

/* Its coroutine, with an empty stack until the caller has pushed values to
 * keep alive (any number), a function and its arguments. */
struct lua_State *task_stack(const struct task *task);

/* How a task ended. `err` is NULL when its function returned: its coroutine's
 * stack holds the values that were kept, then the results. Otherwise err is
 * the message with a traceback and the error value is on top of the stack.
 * The stack is emptied after the call. Both are NULL when it was aborted. */
typedef void (*task_done_fn)(void *ctx, struct lua_State *co,
                             const struct err *err);

/* Run it up to its first wait. `done` is called once, perhaps before this
 * returns. `labels` is an id from labels_intern. */
void task_start(struct task *task, int nargs, uint32_t labels,
                task_done_fn done, void *ctx);

/* Give back a task that was taken and never started. */
void task_release(struct task *task);

/* End a task that waits: its wait is cancelled and its coroutine closed, which
 * runs the __close of its variables. */
void task_abort(struct task *task);

/* What a task has used while it ran. */
struct task_usage {
    int64_t cpu_ns;          /* of its thread */
    int64_t allocated_bytes; /* by its Lua state, whatever became of them */
};

/* Add what the task uses to *usage, from its start until it is done. Before
 * task_start. Costs two reads of the thread's CPU clock each time it runs. */
void task_account(struct task *task, struct task_usage *usage);

uv_loop_t *task_loop(const struct task *task);

/* The task is for this request, until it is done. Before task_start. */
void task_set_request(struct task *task, struct context_request *request);

/* Different for each one that was ever started in its scheduler, not 0. */
uint64_t task_number(const struct task *task);

/* The labels that its samples have, from the next time that it runs. */
uint32_t task_labels(const struct task *task);
void task_set_labels(struct task *task, uint32_t labels);

/* Something that a task has until it gives it back: released if the task ends
 * without having done so. */
struct task_hold {
    void (*release)(struct task_hold *hold);
    struct list_link in_task;
};
void task_hold(struct task *task, struct task_hold *hold);
void task_unhold(struct task_hold *hold);

/* Returns the list of the task's holds. */
const struct list *task_holds(const struct task *task);

/* The task that runs now; NULL: none. */
struct task *scheduler_running(const struct scheduler *scheduler);

/* The task whose own coroutine `L` is and that may wait here. NULL, and `why`,
 * to be put behind a function's name, within a coroutine that a script made,
 * under a C function that cannot yield, or outside of tasks. */
struct task *scheduler_running_task(struct lua_State *L, const char **why);

/* Wake the task after `seconds`, never before, at most 2 ms later when the
 * thread is free. The caller yields next. */
void task_wake_after(struct task *task, double seconds);

/* Let the task wait for something else, until task_wake. `reason` is a word for
 * it, good until the task goes on. `cancel`, if there is one, is called if it
 * is given up before. The caller yields next. */
void task_wait(struct task *task, const char *reason, void (*cancel)(void *ctx),
               void *ctx);

/* Returns the `ctx` of the task's wait if the wait began with this `cancel`;
 * NULL if the task waits for something else, or does not wait. */
void *task_wait_ctx(const struct task *task, void (*cancel)(void *ctx));

/* Go on: its yield returns. From the loop, not from within another task. */
void task_wake(struct task *task);

#endif
