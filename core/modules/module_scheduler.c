/* module_scheduler.c -- `require "scheduler"`: lets a handler wait without
 * blocking its worker, and lets scripts start work later or repeatedly. */
#include <lauxlib.h>
#include <lua.h>

#include "modules/modules.h"
#include "script/scheduler.h"
#include "script/timer.h"

#define MAX_SECONDS 1e6
#define MIN_INTERVAL_SECONDS 1e-3

static lua_Number check_seconds(lua_State *L, lua_Number least)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    if (!(seconds >= least && seconds <= MAX_SECONDS))
        luaL_argerror(
            L, 1, lua_pushfstring(L, "must be from %f to 1e6 seconds", least));
    return seconds;
}

static int sleep_seconds(lua_State *L)
{
    const char *why;
    lua_Number seconds = check_seconds(L, 0);
    struct task *task = scheduler_running_task(L, &why);
    if (!task)
        return luaL_error(L, "sleep %s", why);
    task_wake_after(task, seconds);
    return lua_yield(L, 0);
}

/* Pops a function and pushes a timer that calls it. `name` is the function of
 * the module, for errors. Returns 1. */
static int push_new_timer(lua_State *L, const char *name, lua_Number seconds,
                          bool repeats)
{
    struct scheduler *scheduler = scheduler_of(L);
    if (!scheduler)
        return luaL_error(L, "scheduler.%s is for scripts of the server", name);
    timer_new(L, scheduler_timers(scheduler), seconds, repeats);
    return 1;
}

static int after(lua_State *L)
{
    lua_Number seconds = check_seconds(L, 0);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    return push_new_timer(L, "after", seconds, false);
}

static int every(lua_State *L)
{
    lua_Number seconds = check_seconds(L, MIN_INTERVAL_SECONDS);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    return push_new_timer(L, "every", seconds, true);
}

static int spawn_task(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    return push_new_timer(L, "spawn", 0, false);
}

static const luaL_Reg functions[] = {
    {"sleep", sleep_seconds}, /* lets other tasks run for some seconds */
    {"after", after},         /* calls a function some seconds later */
    {"every", every},         /* calls a function at intervals */
    {"spawn", spawn_task},    /* calls it as soon as this task waits or ends */
    {NULL, NULL},
};

int module_scheduler_open(lua_State *L)
{
    timer_open(L);
    luaL_newlib(L, functions);
    return 1;
}
