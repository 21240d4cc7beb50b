/* module_scheduler.c -- `require "scheduler"`: how a handler waits without
 * holding up its worker. */
#include <lauxlib.h>
#include <lua.h>

#include "script/modules.h"
#include "script/scheduler.h"

#define MAX_SLEEP_SECONDS 1e6

static int sleep_seconds(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= MAX_SLEEP_SECONDS, 1,
                  "must be from 0 to 1e6 seconds");
    struct task *task = scheduler_running_task(L);
    if (!task)
        return luaL_error(L, "sleep: only a handler itself can sleep, not a "
                             "coroutine that it made, nor a function that C "
                             "code (table.sort, string.gsub) calls");
    task_wake_after(task, seconds);
    return lua_yield(L, 0);
}

static const luaL_Reg functions[] = {
    {"sleep", sleep_seconds}, /* let others run for so many seconds */
    {NULL, NULL},
};

int module_scheduler_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
