/* module_shared_array.c -- every virtual user runs the script's chunk, but only
 * the first run of a generator calls the function that makes the data. The
 * other runs get the same table, behind a proxy that refuses to be written to.
 */
#include "load/module_shared_array.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* The address is the registry key of the table of arrays by name. */
static const char arrays_key;

/* upvalue: the data */
static int array_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

static int array_next(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

static int array_pairs(lua_State *L)
{
    lua_pushcfunction(L, array_next);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushnil(L);
    return 3;
}

static int array_refuse(lua_State *L)
{
    return luaL_error(L, "a SharedArray is read-only: all virtual users have "
                         "the same one");
}

/* stack: ..., the data -> ..., the proxy */
static void array_wrap(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 5);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, array_count, 1);
    lua_setfield(L, -2, "__len");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, array_pairs, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushcfunction(L, array_refuse);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

/* SharedArray(name, make) returns a proxy of the table that make() returned. */
static int shared_array(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &arrays_key);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 3) == LUA_TTABLE)
        return 1;
    lua_pop(L, 1);
    lua_insert(L, 1); /* stack: the arrays, name, make */
    lua_callk(L, 0, 1, 0, NULL);
    if (!lua_istable(L, 3))
        return luaL_error(L,
                          "SharedArray '%s': the function must return a "
                          "table, got %s",
                          lua_tostring(L, 2), luaL_typename(L, 3));
    array_wrap(L);
    lua_pushvalue(L, 3);
    lua_insert(L, 1); /* stack: the array, the arrays, name, the array */
    lua_rawset(L, 2);
    lua_settop(L, 1);
    return 1;
}

void module_shared_array_add_functions(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &arrays_key);
    lua_pushcfunction(L, shared_array);
    lua_setfield(L, -2, "SharedArray");
}
