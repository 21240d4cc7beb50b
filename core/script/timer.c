/* timer.c -- a libuv timer, and the registry's reference to a function. */
#include "script/timer.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "sample/walk/context.h"
#include "script/ready.h"
#include "script/scheduler.h"

#define TIMER "perilune.timer"

struct timer {
    struct timers *timers;
    struct timer **userdata; /* holds a pointer to this timer, NULL when it is
                                over; its user value is the function */
    int ref;                 /* registry reference of the userdata */
    double seconds;
    bool repeats, is_cancelled;
    bool is_running; /* its task has not ended */
    bool is_open;    /* libuv has the handle */
    bool has_labels; /* `labels` are those of the task that made the timer */
    uint32_t labels;
    uv_timer_t handle;
    struct ready_entry due; /* in the ready list: the timer has fired */
    struct list_link in_timers;
};

uint64_t timer_ms(double seconds)
{
    return seconds > 0 ? (uint64_t)ceil(seconds * 1e3) + 1 : 0;
}

/* Frees the timer once it is cancelled, its last task has ended and libuv has
 * closed its handle. */
static void free_timer_if_over(struct timer *timer)
{
    if (timer->is_cancelled && !timer->is_running && !timer->is_open)
        free(timer);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct timer *timer = handle->data;
    timer->is_open = false;
    free_timer_if_over(timer);
}

/* Ends the timer. A call that runs goes on. */
static void cancel_timer(struct timer *timer)
{
    struct timers *timers = timer->timers;
    timer->is_cancelled = true;
    *timer->userdata = NULL;
    ready_remove(&timer->due);
    luaL_unref(timers->L, LUA_REGISTRYINDEX, timer->ref);
    list_remove(&timer->in_timers);
    if (timer->is_open)
        uv_close((uv_handle_t *)&timer->handle, on_timer_closed);
    else
        free_timer_if_over(timer);
}

static void on_timer_task_done(void *ctx, lua_State *co,
                               const struct err *failure)
{
    struct timer *timer = ctx;
    (void)co;
    if (failure)
        log_write(LOG_ERROR, "timer_failed",
                  LOG_FIELDS(log_text("error", failure->message)));
    timer->is_running = false;
    free_timer_if_over(timer);
}

/* Calls the timer's function in a new task. */
static void call_timer(struct ready_entry *entry)
{
    struct timer *timer = container_of(entry, struct timer, due);
    struct err err;
    if (timer->is_running)
        return;
    struct task *task = scheduler_take(timer->timers->scheduler, &err);
    if (!task) {
        on_timer_task_done(timer, NULL, &err);
        return;
    }
    lua_State *co = task_stack(task);
    lua_rawgeti(co, LUA_REGISTRYINDEX, timer->ref);
    lua_getiuservalue(co, -1, 1);
    timer->is_running = true;
    if (!timer->repeats)
        cancel_timer(timer);
    task_start(task, 0, timer->labels, on_timer_task_done, timer);
}

static void on_timer_fired(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    ready_add(scheduler_ready(timer->timers->scheduler), &timer->due);
}

static void start_script_timer(struct timer *timer)
{
    uv_loop_t *loop = scheduler_loop(timer->timers->scheduler);
    uint64_t ms = timer_ms(timer->seconds);
    if (!timer->has_labels)
        timer->labels = context_labels(); /* of the thread */
    timer->is_open = true;
    uv_timer_init(loop, &timer->handle);
    timer->handle.data = timer;
    timer->due.run = call_timer;
    uv_update_time(loop); /* the task that makes it may have run for long */
    uv_timer_start(&timer->handle, on_timer_fired, ms,
                   timer->repeats ? (uint64_t)ceil(timer->seconds * 1e3) : 0);
}

void timers_start(struct timers *timers)
{
    list_each (struct timer, timer, &timers->list, in_timers)
        start_script_timer(timer);
}

static void cancel_all(struct timers *timers, bool spawned_too)
{
    list_each (struct timer, timer, &timers->list, in_timers)
        if (spawned_too || timer->seconds > 0)
            cancel_timer(timer);
}

void timers_stop(struct timers *timers)
{
    timers->is_stopped = true;
    cancel_all(timers, false);
}

void timers_close(struct timers *timers)
{
    timers->is_closed = true;
    cancel_all(timers, true);
}

void timer_new(lua_State *L, struct timers *timers, double seconds,
               bool repeats)
{
    struct timer **userdata = lua_newuserdatauv(L, sizeof *userdata, 1);
    *userdata = NULL;
    luaL_setmetatable(L, TIMER);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    if (timers->is_closed || (timers->is_stopped && seconds > 0))
        return;
    lua_pushvalue(L, -1);
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    struct timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        luaL_unref(L, LUA_REGISTRYINDEX, ref);
        luaL_error(L, "out of memory for a timer");
        return;
    }
    const struct task *task = scheduler_running(timers->scheduler);
    *userdata = timer;
    timer->timers = timers;
    timer->userdata = userdata;
    timer->ref = ref;
    timer->seconds = seconds;
    timer->repeats = repeats;
    timer->has_labels = task;
    timer->labels = task ? task_labels(task) : 0;
    list_prepend(&timers->list, &timer->in_timers);
    if (scheduler_loop(timers->scheduler))
        start_script_timer(timer);
}

static int timer_cancel(lua_State *L)
{
    struct timer **userdata = luaL_checkudata(L, 1, TIMER);
    if (*userdata)
        cancel_timer(*userdata);
    return 0;
}

static const luaL_Reg timer_methods[] = {
    {"cancel", timer_cancel}, /* ends it; a call under way goes on */
    {NULL, NULL},
};

void timer_open(lua_State *L)
{
    luaL_newmetatable(L, TIMER);
    luaL_newlib(L, timer_methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
