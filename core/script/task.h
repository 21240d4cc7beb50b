/* task.h -- what the scheduler keeps of itself and of its tasks; for
 * scheduler.c and observe.c alone.
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
    int ref; /* anchors co in the registry */
    uint64_t number;
    uint32_t labels;
    struct context_request *request; /* NULL: it is for none */
    bool waits;                      /* something will wake it */
    const char *reason;              /* while it waits: what for */
    uint64_t since_ms;               /* when it began, by the loop's clock */
    int64_t since_ns;                /* the same, if that mattered, or 0 */
    uint64_t seen;                   /* of wall_wait */
    uint64_t traced;                 /* the last trace that was told of it */
    void (*cancel)(void *ctx);       /* what it waits for; NULL: its timer */
    void *cancel_ctx;
    uv_timer_t timer;
    struct ready_entry due;   /* its timer has fired */
    struct task_usage *usage; /* NULL: nobody asks */
    struct list holds;        /* of struct task_hold */
    task_done_fn done;
    void *ctx;
    struct task *next_pooled;
    struct list_link in_scheduler;
};

struct scheduler {
    lua_State *L;
    uv_loop_t *loop;
    struct mailbox *mailbox; /* of the loop */
    struct ready *ready;
    struct task *running; /* the one that is being resumed */
    struct task *pool;
    unsigned n_pooled;
    struct list tasks; /* all of them, pooled or not */
    unsigned n_active; /* started and not over */
    uint64_t n_started;
    struct timers timers;
};

/* Where a coroutine says which task it is of. Lua fills it with what the
 * state's first one has there: NULL. */
static inline struct task **task_slot(lua_State *co)
{
    return lua_getextraspace(co);
}

#endif
