/* call.c -- protected calls from C into Lua.
 *
 * lua_pcall runs between entry_begin and entry_end, which tell the sampler that
 * the state runs on this thread. lua_resume does that by itself
 * (hooks/lua_api.c).
 */
#include "script/call.h"

#include <lauxlib.h>
#include <lua.h>

#include "sample/walk/entry.h"

/* Pushes the error value at the index as text. For a value without text of its
 * own, tostring would give an address, so its type is named instead. */
static const char *push_error_text(lua_State *L, int index)
{
    if (lua_isstring(L, index) ||
        luaL_getmetafield(L, index, "__tostring") != LUA_TNIL)
        return luaL_tolstring(L, index, NULL);
    return lua_pushfstring(L, "(error object is a %s value)",
                           luaL_typename(L, index));
}

/* Message handler: replaces the error value by its text with a traceback. */
static int add_traceback(lua_State *L)
{
    luaL_traceback(L, L, push_error_text(L, 1), 1);
    return 1;
}

bool script_call(lua_State *L, int nargs, int nresults, struct err *err)
{
    int base = lua_gettop(L) - nargs; /* the function's index */
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, base);
    /* stack: ..., add_traceback, function, arguments... */
    struct entry entry;
    entry_begin(&entry, L);
    int status = lua_pcall(L, nargs, nresults, base);
    entry_end(&entry);
    lua_remove(L, base);
    if (status == LUA_OK)
        return true;
    const char *message = lua_tostring(L, -1);
    err_set(err, "%s", message ? message : "error object is not a string");
    lua_pop(L, 1);
    return false;
}

/* Pushes the text of co's error value with co's traceback. Runs protected on
 * the state `from`, because the error's tostring may itself fail. */
static int describe_error(lua_State *L)
{
    lua_State *co = lua_touserdata(L, 1);
    lua_xmove(co, L, 1);
    lua_pushvalue(L, -1);
    lua_xmove(L, co, 1); /* into the slot that it came from */
    luaL_traceback(L, co, push_error_text(L, lua_gettop(L)), 0);
    return 1;
}

int script_resume(lua_State *co, lua_State *from, int nargs, int *nresults,
                  struct err *err)
{
    int status = lua_resume(co, from, nargs, nresults);
    if (status == LUA_OK || status == LUA_YIELD)
        return status;
    lua_pushcfunction(from, describe_error);
    lua_pushlightuserdata(from, co);
    lua_pcall(from, 1, 1, 0);
    const char *message = lua_tostring(from, -1);
    err_set(err, "%s", message ? message : "error object is not a string");
    lua_pop(from, 1);
    return status;
}
