/* module_thread.c -- `require "thread"`: has a function run on a thread of its
 * own, in a Lua state of its own. What the two have to say to each other goes
 * through `sync`. */
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

/* A function takes nothing along of its state: globals are those of the other
 * one, and locals round it are not there. */
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

/* Set `code` of the table on top. */
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

static void copy_package_path(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "package");
    lua_getfield(L, -1, name);
    lua_setfield(L, -4, name);
    lua_pop(L, 2);
}

/* function, arguments... */
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
    {"spawn", spawn_thread}, /* call a function on a thread of its own */
    {NULL, NULL},
};

int module_thread_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
