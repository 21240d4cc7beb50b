/* module_thread.c -- `require "thread"`: runs a function on a thread of its own
 * in a Lua state of its own. The function and its arguments are copied as
 * bytes. The two states communicate by the objects of `require "sync"`.
 *
 * Path: script -> [module_thread] -> script/os_thread.c
 */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "base/buf.h"
#include "modules/modules.h"
#include "script/os_thread.h"
#include "script/owned_buf.h"
#include "script/scheduler.h"
#include "script/state.h"
#include "script/value.h"

static int write_code(lua_State *L, const void *bytes, size_t n, void *ctx)
{
    (void)L;
    struct buf *code = ctx;
    buf_append(code, bytes, n);
    return code->failed;
}

/* Raises if the function uses local variables of the code around it: only the
 * code of a function is copied, and its globals are those of the new state. */
static void check_function(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TFUNCTION);
    luaL_argcheck(L, !lua_iscfunction(L, arg), arg,
                  "must be a Lua function, not one in C");
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, arg, i)); i++) {
        lua_pop(L, 1);
        if (strcmp(name, "_ENV") != 0)
            luaL_argerror(
                L, arg,
                lua_pushfstring(L,
                                "uses '%s', a local variable of what is round "
                                "it, which stays here: hand it over as an "
                                "argument, or require it there",
                                name));
    }
}

/* Sets the field `code` of the table on top of the stack to the bytes of a
 * function. */
static void set_code(lua_State *L, int function)
{
    struct buf *code = owned_buf_new(L);
    lua_pushvalue(L, function);
    lua_dump(L, write_code, code, 0);
    lua_pop(L, 1);
    owned_buf_push_string(L, code, "a function");
    lua_setfield(L, -3, "code");
    buf_fini(code);
    lua_pop(L, 1);
}

/* Sets a field of the table on top of the stack to package[name]. */
static void copy_package_path(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "package");
    lua_getfield(L, -1, name);
    lua_setfield(L, -4, name);
    lua_pop(L, 2);
}

/* stack: function, arguments... */
static int spawn_thread(lua_State *L)
{
    struct err err;
    int n = lua_gettop(L) - 1;
    check_function(L, 1);
    struct scheduler *owner = scheduler_of(L);
    if (!owner)
        return luaL_error(L, "thread.spawn is for scripts of the server");
    lua_createtable(L, n, 4);
    for (int i = 1; i <= n; i++) {
        lua_pushvalue(L, i + 1);
        lua_rawseti(L, -2, i);
    }
    lua_pushinteger(L, n);
    lua_setfield(L, -2, "n");
    set_code(L, 1);
    copy_package_path(L, "path");
    copy_package_path(L, "cpath");
    struct buf *work = owned_buf_new(L);
    value_write(L, lua_gettop(L) - 1, work);
    if (work->failed)
        return luaL_error(L, "thread.spawn: out of memory");
    if (!os_thread_spawn(owner, script_state_modules(L), work, &err))
        return luaL_error(L, "thread.spawn: %s", err.message);
    return 0;
}

static const luaL_Reg functions[] = {
    {"spawn", spawn_thread}, /* calls a function on a thread of its own */
    {NULL, NULL},
};

int module_thread_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
