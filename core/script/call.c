/* call.c -- protected calls from C into Lua.
 *
 * lua_pcall runs between entry_begin and entry_end, which tell the sampler that
 * the state runs on this thread. lua_resume does that by itself
 * (hooks/lua_api.c).
 */
#include "script/call.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/fork.h"
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

/* Number of calls into Lua that run on this thread, one inside the other. */
static _Thread_local unsigned n_nested;

/* Ends a call into Lua that began at `depth` forks, with `outer` calls around
 * it. `error` is the message if the call failed, or NULL. */
static void leave_script(unsigned depth, unsigned outer, const char *error)
{
    n_nested = outer;
    if (outer == 0)
        fork_leave_script(depth, error);
}

bool script_call(lua_State *L, int nargs, int nresults, struct err *err)
{
    int base = lua_gettop(L) - nargs; /* the function's index */
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, base);
    /* stack: ..., add_traceback, function, arguments... */
    struct entry_place place;
    unsigned depth = fork_depth, outer = n_nested++;
    entry_begin(&place, L);
    int status = lua_pcall(L, nargs, nresults, base);
    entry_end(&place);
    lua_remove(L, base);
    if (status != LUA_OK) {
        const char *message = lua_tostring(L, -1);
        err_set(err, "%s", message ? message : "error object is not a string");
        lua_pop(L, 1);
    }
    leave_script(depth, outer, status == LUA_OK ? NULL : err->message);
    return status == LUA_OK;
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

/* Sets err to the message of a coroutine that has failed. */
static void explain_failure(lua_State *co, lua_State *from, struct err *err)
{
    lua_pushcfunction(from, describe_error);
    lua_pushlightuserdata(from, co);
    lua_pcall(from, 1, 1, 0);
    const char *message = lua_tostring(from, -1);
    err_set(err, "%s", message ? message : "error object is not a string");
    lua_pop(from, 1);
}

int script_resume(lua_State *co, lua_State *from, int nargs, int *nresults,
                  struct err *err)
{
    unsigned depth = fork_depth, outer = n_nested++;
    int status = lua_resume(co, from, nargs, nresults);
    bool failed = status != LUA_OK && status != LUA_YIELD;
    if (failed)
        explain_failure(co, from, err);
    leave_script(depth, outer, failed ? err->message : NULL);
    return status;
}
