/* module_clock.c -- `require "clock"`: the clocks of base/clock.h, in seconds,
 * as floats. */
#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "modules/modules.h"

static int mono(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)clock_mono_ns() / 1e9);
    return 1;
}

static int wall(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)clock_wall_ns() / 1e9);
    return 1;
}

static int thread(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)clock_thread_ns() / 1e9);
    return 1;
}

static const luaL_Reg functions[] = {
    {"mono", mono},     /* for durations: never steps back */
    {"wall", wall},     /* seconds since 1970 */
    {"thread", thread}, /* CPU time of the calling thread */
    {NULL, NULL},
};

int module_clock_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
