/* scheduler.h -- runs Lua functions as tasks on an event loop.
 *
 * A task is one coroutine with the labels of its samples. It runs until it
 * returns, fails or waits. A task that waits has yielded, and its thread does
 * other work until something wakes the task:
 *
 *     wait                 woken by
 *     task_wake_after      a libuv timer, through ready.c
 *     sync_wait.c          another thread, through the mailbox of the loop
 *     outbound.c           the answer of an HTTP request, on the loop
 *
 * Each of them ends in task_wake on the loop's thread, which resumes the
 * coroutine. The state of a task:
 *
 *     pooled --scheduler_take--> taken --task_start--> runs --returns--> pooled
 *                                  |                   |  ^ `--fails---> freed
 *                             task_release    task_wait|  |task_wake
 *                                  v                   v  |
 *                                pooled               waits
 *                                                      |  task_abort
 *                                                      v
 *                                                     freed
 *
 * Because tasks are pooled, one that does not wait costs no allocation.
 * Everything here belongs to the loop's thread unless a contract says
 * otherwise.
 *
 * Path: handler/app.c, timer.c, os_thread.c -> [scheduler] -> call.c
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

/* ---- the scheduler */

/* Makes the scheduler of a state. A state is loaded before it has a thread to
 * serve on, so tasks cannot be started, and timers do not count, before
 * scheduler_start. Returns NULL and sets err if out of memory. The caller frees
 * the scheduler with scheduler_close, before the state. [any thread] */
struct scheduler *scheduler_new(struct lua_State *L, struct err *err);

/* Runs tasks on this loop from now on. Called on the loop's thread. `mailbox`
 * is the loop's and must outlive the scheduler. */
void scheduler_start(struct scheduler *scheduler, uv_loop_t *loop,
                     struct mailbox *mailbox);

/* Cancels the timers and refuses new ones. Tasks that were spawned still start
 * and run. */
void scheduler_stop_timers(struct scheduler *scheduler);

/* Returns true if no task is under way and none will start. Called after
 * scheduler_stop_timers. */
bool scheduler_is_idle(const struct scheduler *scheduler);

/* Aborts all tasks (task_abort), cancels all timers and frees the scheduler.
 * The loop must run on afterwards, because it frees the memory of tasks. The
 * state has no scheduler then. Called before lua_close; before scheduler_start
 * it may be called on any thread. */
void scheduler_close(struct scheduler *scheduler);

/* Returns the scheduler of a state, NULL if it has none. */
struct scheduler *scheduler_of(struct lua_State *L);

/* Return the loop and its mailbox; NULL before scheduler_start. */
uv_loop_t *scheduler_loop(const struct scheduler *scheduler);
struct mailbox *scheduler_mailbox(const struct scheduler *scheduler);

/* Return the scheduler's timers (timer.h) and ready list (ready.h). */
struct timers *scheduler_timers(struct scheduler *scheduler);
struct ready *scheduler_ready(struct scheduler *scheduler);

/* Returns the task that runs now, NULL if none does. */
struct task *scheduler_running(const struct scheduler *scheduler);

/* Returns the running task if `L` is its own coroutine and may yield here.
 * Otherwise returns NULL and sets *why to a reason that is put behind the name
 * of a function: there is no task, `L` is a coroutine that the script made, or
 * a C function that cannot yield is in between. */
struct task *scheduler_running_task(struct lua_State *L, const char **why);

/* ---- running a task */

/* Returns a task that is not started, for task_start or task_release. Returns
 * NULL and sets err if out of memory. */
struct task *scheduler_take(struct scheduler *scheduler, struct err *err);

/* Returns the coroutine of the task. Its stack is empty; before task_start the
 * caller pushes any number of values to keep alive, a function and its
 * arguments. */
struct lua_State *task_stack(const struct task *task);

/* Called once when a task has ended, on the loop's thread. If the function
 * returned, `err` is NULL and the stack of `co` holds the values to keep alive
 * and then the results. If it failed, `err` is the message with a traceback and
 * the error value is on top of the stack. If the task was aborted, `co` and
 * `err` are NULL. The stack is emptied after the call. */
typedef void (*task_done_fn)(void *ctx, struct lua_State *co,
                             const struct err *err);

/* Runs the task up to its first wait. `done` is called when the task ends,
 * perhaps before task_start returns. `labels` is an id of labels.h. */
void task_start(struct task *task, int nargs, uint32_t labels,
                task_done_fn done, void *ctx);

/* Gives back a task that was taken and not started. */
void task_release(struct task *task);

/* Ends a task that waits: cancels its wait and closes its coroutine, which runs
 * the __close metamethods of its variables. */
void task_abort(struct task *task);

/* The use of resources of a task while it runs. */
struct task_usage {
    int64_t cpu_ns;          /* CPU time of its thread */
    int64_t allocated_bytes; /* by its Lua state, freed or not */
};

/* Adds what the task uses to *usage until the task ends; *usage must live as
 * long. Called before task_start. Costs two reads of the thread's CPU clock
 * each time the task runs. */
void task_account(struct task *task, struct task_usage *usage);

/* Sets the request for which the task works until it ends. Called before
 * task_start. The request must live as long as the task. */
void task_set_request(struct task *task, struct context_request *request);

/* Returns the loop of the task's scheduler. */
uv_loop_t *task_loop(const struct task *task);

/* Returns the number of a started task, which is unique in its scheduler and
 * not 0. */
uint64_t task_number(const struct task *task);

/* Return and set the labels of the task's samples. New labels hold from the
 * next time that the task runs. */
uint32_t task_labels(const struct task *task);
void task_set_labels(struct task *task, uint32_t labels);

/* Something that a task holds, such as a mutex. If the task ends without
 * task_unhold, `release` is called. The caller owns the struct, which stays in
 * place while it is held. */
struct task_hold {
    void (*release)(struct task_hold *hold);
    struct list_link in_task;
};
void task_hold(struct task *task, struct task_hold *hold);
void task_unhold(struct task_hold *hold);

/* Returns the list of the task's holds. */
const struct list *task_holds(const struct task *task);

/* ---- waiting */

/* Lets the running task wait until something calls task_wake. The caller yields
 * next. `reason` names the wait in profiles ("http") and must live until the
 * task goes on. Unless `cancel` is NULL, it is called when the task is aborted
 * during the wait. */
void task_wait(struct task *task, const char *reason, void (*cancel)(void *ctx),
               void *ctx);

/* Returns the `ctx` of the task's wait if the wait began with this `cancel`;
 * NULL if the task waits for something else, or does not wait. */
void *task_wait_ctx(const struct task *task, void (*cancel)(void *ctx));

/* Resumes a task that waits: its yield returns. Called on the loop's thread,
 * not from within another task. */
void task_wake(struct task *task);

/* Lets the running task wait for `seconds`. The task goes on never earlier, and
 * at most 2 ms later if the thread is free. The caller yields next. */
void task_wake_after(struct task *task, double seconds);

#endif
