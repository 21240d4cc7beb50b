/* task.h -- the structs of the scheduler and of its tasks. Only scheduler.c,
 * which writes them, and observe.c, which reads them, include this header.
 */
#ifndef SCRIPT_TASK_H
#define SCRIPT_TASK_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "script/ready.h"
#include "script/scheduler.h"
#include "script/timer.h"

struct context_request;

struct task {
    struct scheduler *scheduler;
    lua_State *co;
    int ref; /* registry reference that keeps co alive */
    uint64_t number;
    uint32_t labels;
    struct context_request *request; /* NULL: no request */
    struct task_usage *usage;        /* NULL: not accounted */
    struct list holds;               /* of struct task_hold */
    task_done_fn done;
    void *ctx;

    /* While the task waits. */
    bool waits;
    const char *reason;        /* of task_wait */
    uint64_t since_ms;         /* start of the wait, by the loop's clock */
    int64_t since_ns;          /* the same, monotonic, if a profile of wall time
                                  or a trace was open then; otherwise 0 */
    uint64_t seen;             /* of struct wall_wait */
    uint64_t traced;           /* number of the last trace to which the wait was
                                  reported; 0: none */
    void (*cancel)(void *ctx); /* of task_wait */
    void *cancel_ctx;
    uv_timer_t timer;       /* of task_wake_after */
    struct ready_entry due; /* in the ready list: the timer has fired */

    struct task *next_pooled;
    struct list_link in_scheduler;
};

struct scheduler {
    lua_State *L;
    uv_loop_t *loop; /* NULL before scheduler_start */
    struct mailbox *mailbox;
    struct ready *ready;
    struct task *running; /* the task that is being resumed, or NULL */
    struct task *pool;    /* tasks that can be taken */
    unsigned n_pooled;
    struct list tasks; /* all tasks, pooled ones included */
    unsigned n_active; /* tasks that were started and have not ended */
    uint64_t n_started;
    struct timers timers;
};

/* Returns where a coroutine keeps a pointer to its task. Lua copies the slot of
 * the main coroutine, which is NULL, into each coroutine that a script makes.
 */
static inline struct task **task_slot(lua_State *co)
{
    return lua_getextraspace(co);
}

#endif
