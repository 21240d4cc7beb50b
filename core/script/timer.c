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
    struct timer **userdata; /* points back; its user value is the function */
    int ref;                 /* of the userdata */
    double seconds;
    bool repeats, is_cancelled;
    bool is_running; /* its task is not over */
    bool is_open;    /* the handle */
    bool has_labels;
    uint32_t labels;
    uv_timer_t handle;
    struct ready_entry due; /* it has fired */
    struct list_link in_timers;
};

uint64_t timer_ms(double seconds)
{
    return seconds > 0 ? (uint64_t)ceil(seconds * 1e3) + 1 : 0;
}

static void free_if_over(struct timer *timer)
{
    if (timer->is_cancelled && !timer->is_running && !timer->is_open)
        free(timer);
}

static void on_closed(uv_handle_t *handle)
{
    struct timer *timer = handle->data;
    timer->is_open = false;
    free_if_over(timer);
}

static void cancel(struct timer *timer)
{
    struct timers *timers = timer->timers;
    timer->is_cancelled = true;
    *timer->userdata = NULL;
    ready_remove(&timer->due);
    luaL_unref(timers->L, LUA_REGISTRYINDEX, timer->ref);
    list_remove(&timer->in_timers);
    if (timer->is_open)
        uv_close((uv_handle_t *)&timer->handle, on_closed);
    else
        free_if_over(timer);
}

static void on_done(void *ctx, lua_State *co, const struct err *failure)
{
    struct timer *timer = ctx;
    (void)co;
    if (failure)
        log_write(LOG_ERROR, "timer_failed",
                  LOG_FIELDS(log_text("error", failure->message)));
    timer->is_running = false;
    free_if_over(timer);
}

static void call(struct ready_entry *entry)
{
    struct timer *timer = container_of(entry, struct timer, due);
    struct err err;
    if (timer->is_running)
        return;
    struct task *task = scheduler_take(timer->timers->scheduler, &err);
    if (!task) {
        on_done(timer, NULL, &err);
        return;
    }
    lua_State *co = task_stack(task);
    lua_rawgeti(co, LUA_REGISTRYINDEX, timer->ref);
    lua_getiuservalue(co, -1, 1);
    timer->is_running = true;
    if (!timer->repeats)
        cancel(timer);
    task_start(task, 0, timer->labels, on_done, timer);
}

static void fire(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    ready_add(scheduler_ready(timer->timers->scheduler), &timer->due);
}

static void start(struct timer *timer)
{
    uv_loop_t *loop = scheduler_loop(timer->timers->scheduler);
    uint64_t ms = timer_ms(timer->seconds);
    if (!timer->has_labels)
        timer->labels = context_labels(); /* those of the thread */
    timer->is_open = true;
    uv_timer_init(loop, &timer->handle);
    timer->handle.data = timer;
    timer->due.run = call;
    uv_update_time(loop); /* whoever sets it may have run long */
    uv_timer_start(&timer->handle, fire, ms,
                   timer->repeats ? (uint64_t)ceil(timer->seconds * 1e3) : 0);
}

void timers_start(struct timers *timers)
{
    list_each (struct timer, timer, &timers->list, in_timers)
        start(timer);
}

static void cancel_all(struct timers *timers, bool spawned_too)
{
    list_each (struct timer, timer, &timers->list, in_timers)
        if (spawned_too || timer->seconds > 0)
            cancel(timer);
}

void timers_quiet(struct timers *timers)
{
    timers->is_quiet = true;
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
    if (timers->is_closed || (timers->is_quiet && seconds > 0))
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
        start(timer);
}

static int timer_cancel(lua_State *L)
{
    struct timer **userdata = luaL_checkudata(L, 1, TIMER);
    if (*userdata)
        cancel(*userdata);
    return 0;
}

static const luaL_Reg methods[] = {
    {"cancel", timer_cancel}, /* call no more; a call under way goes on */
    {NULL, NULL},
};

void timer_open(lua_State *L)
{
    luaL_newmetatable(L, TIMER);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
