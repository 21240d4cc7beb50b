/* sync_handle.c -- a userdata around a struct sync_object. */
#include "script/sync_handle.h"

#include <lua.h>
#include <stdbool.h>
#include <string.h>

#define MAX_SECONDS 1e6

/* Its address is a key in the metatable of each type of handle. */
static const char handle_key;

struct handle {
    struct sync_object *object; /* NULL: not open */
};

static int collect_handle(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    if (handle->object)
        sync_object_close(handle->object);
    handle->object = NULL;
    return 0;
}

static int describe_handle(lua_State *L)
{
    const struct handle *handle = lua_touserdata(L, 1);
    lua_pushstring(L, handle->object ? handle->object->what : "closed");
    return 1;
}

void sync_handle_type(lua_State *L, const char *type, const luaL_Reg *methods)
{
    luaL_newmetatable(L, type);
    lua_pushcfunction(L, collect_handle);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, describe_handle);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false); /* scripts must not call __gc and __tostring */
    lua_setfield(L, -2, "__metatable");
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, true);
    lua_rawsetp(L, -2, &handle_key);
    lua_pop(L, 1);
}

static const char *check_name(lua_State *L)
{
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);
    if (n == 0 || n > SYNC_NAME_MAX || strlen(name) != n)
        luaL_argerror(L, 1,
                      lua_pushfstring(L, "a name must have 1 to %d bytes",
                                      (int)SYNC_NAME_MAX));
    return name;
}

static int64_t check_size(lua_State *L, int64_t least, int64_t most)
{
    if (lua_isnoneornil(L, 2))
        return SYNC_ANY_SIZE;
    lua_Integer size = luaL_checkinteger(L, 2);
    if (size < least || size > most)
        luaL_argerror(L, 2,
                      lua_pushfstring(L, "must be from %I to %I",
                                      (LUAI_UACINT)least, (LUAI_UACINT)most));
    return size;
}

void sync_handle_open(lua_State *L, const char *type,
                      const struct sync_class *class, int64_t least,
                      int64_t most)
{
    struct err err;
    const char *name = check_name(L);
    int64_t size = check_size(L, least, most);
    struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->object = NULL;
    luaL_setmetatable(L, type);
    handle->object = sync_object_open(class, name, size, &err);
    if (!handle->object)
        luaL_error(L, "%s", err.message);
}

struct sync_object *sync_handle_check(lua_State *L, const char *type)
{
    const struct handle *handle = luaL_checkudata(L, 1, type);
    if (!handle->object)
        luaL_argerror(L, 1, "is closed");
    return handle->object;
}

/* stack: handle, results... */
static int finish_call(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L) - 1;
}

/* stack: handle, function, arguments... */
int sync_handle_call(lua_State *L)
{
    lua_toclose(L, 1);
    lua_callk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, finish_call);
    return finish_call(L, LUA_OK, 0);
}

struct sync_object *sync_handle_object(lua_State *L, int index)
{
    const struct handle *handle = lua_touserdata(L, index);
    if (!handle || !lua_getmetatable(L, index))
        return NULL;
    bool is_handle = lua_rawgetp(L, -1, &handle_key) == LUA_TBOOLEAN;
    lua_pop(L, 2);
    return is_handle ? handle->object : NULL;
}

lua_Number sync_check_timeout(lua_State *L, int arg)
{
    if (lua_isnoneornil(L, arg))
        return -1;
    lua_Number seconds = luaL_checknumber(L, arg);
    if (!(seconds >= 0 && seconds <= MAX_SECONDS))
        luaL_argerror(L, arg, "must be from 0 to 1e6 seconds");
    return seconds;
}
