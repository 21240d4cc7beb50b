#include "script/scheduler.h"

#include <lua.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

#include "sample/sampler.h"
#include "script/call.h"

/* Coroutines kept for reuse: enough for the tasks that usually wait at the
 * same time; a burst above it gives its memory back. */
#define MAX_POOLED 256

struct task {
    struct scheduler *scheduler;
    lua_State *co;
    int ref; /* anchors co in the registry */
    uint32_t labels;
    bool waits; /* something will wake it */
    uv_timer_t timer;
    task_done_fn done;
    void *ctx;
    struct task *next_pooled;
    struct task *prev, *next; /* in scheduler->tasks */
};

struct scheduler {
    lua_State *L;
    uv_loop_t *loop;
    struct task *running; /* the one that is being resumed */
    struct task *pool;
    unsigned n_pooled;
    struct task *tasks; /* all of them, pooled or not */
};

static const char scheduler_key; /* its address: the key in the registry */

/* stack: scheduler */
static int remember_scheduler(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    return 0;
}

struct scheduler *scheduler_new(lua_State *L, uv_loop_t *loop, struct err *err)
{
    struct scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (!scheduler) {
        err_set(err, "out of memory for a scheduler");
        return NULL;
    }
    scheduler->L = L;
    scheduler->loop = loop;
    lua_pushcfunction(L, remember_scheduler);
    lua_pushlightuserdata(L, scheduler);
    if (!script_call(L, 1, 0, err)) {
        free(scheduler);
        return NULL;
    }
    return scheduler;
}

static void free_task(uv_handle_t *timer) { free(timer->data); }

static void drop_task(struct task *task)
{
    struct scheduler *scheduler = task->scheduler;
    if (task->prev)
        task->prev->next = task->next;
    else
        scheduler->tasks = task->next;
    if (task->next)
        task->next->prev = task->prev;
    luaL_unref(scheduler->L, LUA_REGISTRYINDEX, task->ref);
    uv_close((uv_handle_t *)&task->timer, free_task);
}

void scheduler_close(struct scheduler *scheduler)
{
    while (scheduler->tasks)
        drop_task(scheduler->tasks);
    free(scheduler);
}

/* stack: task */
static int make_coroutine(lua_State *L)
{
    struct task *task = lua_touserdata(L, 1);
    lua_State *co = lua_newthread(L);
    task->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    task->co = co;
    return 0;
}

static struct task *new_task(struct scheduler *scheduler, struct err *err)
{
    struct task *task = calloc(1, sizeof *task);
    if (!task) {
        err_set(err, "out of memory for a task");
        return NULL;
    }
    lua_pushcfunction(scheduler->L, make_coroutine);
    lua_pushlightuserdata(scheduler->L, task);
    if (!script_call(scheduler->L, 1, 0, err)) {
        free(task);
        return NULL;
    }
    task->scheduler = scheduler;
    uv_timer_init(scheduler->loop, &task->timer);
    task->timer.data = task;
    task->next = scheduler->tasks;
    if (task->next)
        task->next->prev = task;
    scheduler->tasks = task;
    return task;
}

struct task *scheduler_take(struct scheduler *scheduler, struct err *err)
{
    struct task *task = scheduler->pool;
    if (!task)
        return new_task(scheduler, err);
    scheduler->pool = task->next_pooled;
    scheduler->n_pooled--;
    return task;
}

void task_release(struct task *task)
{
    struct scheduler *scheduler = task->scheduler;
    lua_settop(task->co, 0);
    if (scheduler->n_pooled == MAX_POOLED) {
        drop_task(task);
        return;
    }
    task->next_pooled = scheduler->pool;
    scheduler->pool = task;
    scheduler->n_pooled++;
}

lua_State *task_stack(const struct task *task) { return task->co; }

static void finish(struct task *task, const struct err *err)
{
    task->scheduler->running = NULL;
    task->done(task->ctx, task->co, err);
    if (!err) {
        task_release(task);
        return;
    }
    /* Run the __close of its variables. They might leave the coroutine in any
     * state (by a yield, say), so it is not used again. */
    lua_resetthread(task->co);
    drop_task(task);
}

static void run(struct task *task, int nargs)
{
    struct scheduler *scheduler = task->scheduler;
    struct err err;
    int nresults;
    task->waits = false;
    scheduler->running = task;
    uint32_t labels = sampler_set_labels(task->labels);
    int status = script_resume(task->co, scheduler->L, nargs, &nresults, &err);
    if (status == LUA_OK) {
        finish(task, NULL);
    } else if (status != LUA_YIELD) {
        finish(task, &err);
    } else if (!task->waits) {
        lua_pushnil(task->co); /* the error value */
        err_set(&err, "coroutine.yield outside a coroutine of the script's "
                      "own: nobody would resume it");
        finish(task, &err);
    }
    sampler_set_labels(labels);
    scheduler->running = NULL;
}

void task_start(struct task *task, int nargs, uint32_t labels,
                task_done_fn done, void *ctx)
{
    task->labels = labels;
    task->done = done;
    task->ctx = ctx;
    run(task, nargs);
}

struct task *scheduler_running_task(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    struct scheduler *scheduler = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!scheduler || !scheduler->running || scheduler->running->co != L ||
        !lua_isyieldable(L))
        return NULL;
    return scheduler->running;
}

static void on_timer(uv_timer_t *timer) { run(timer->data, 0); }

void task_wake_after(struct task *task, double seconds)
{
    /* The loop's clock is cut to milliseconds: a timer may be one early. */
    uint64_t wait_ms = seconds > 0 ? (uint64_t)ceil(seconds * 1e3) + 1 : 0;
    task->waits = true;
    uv_update_time(task->scheduler->loop); /* the handler may have run long */
    uv_timer_start(&task->timer, on_timer, wait_ms, 0);
}
