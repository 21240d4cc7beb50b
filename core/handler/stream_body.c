#include "handler/stream_body.h"

#include <lauxlib.h>
#include <lua.h>

#include "handler/exchange.h"
#include "handler/stream.h"
#include "script/scheduler.h"

/* A body is a userdata whose user value is the function. The metatable of
 * bodies is in the registry, under this address. */
static const char body_key;

int stream_body_new(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_newuserdatauv(L, 0, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &body_key);
    lua_setmetatable(L, -2);
    lua_insert(L, 2);
    lua_setiuservalue(L, 2, 1);
    return 1;
}

bool stream_body_is(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &body_key);
    bool is_body = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_body;
}

/* write(...). Upvalue: the writer, a pointer to the exchange or to NULL. */
static int write_to_stream(lua_State *L)
{
    const char *why;
    struct exchange **writer = lua_touserdata(L, lua_upvalueindex(1));
    struct exchange *x = *writer;
    if (!x)
        return luaL_error(L, "write: the reply is over");
    struct task *task = scheduler_running_task(L, &why);
    if (!task)
        return luaL_error(L, "write %s", why);
    if (task != x->task)
        return luaL_error(L, "write is for the function that req:stream was "
                             "given");
    bool has_room = true;
    for (int i = 1; i <= lua_gettop(L); i++) {
        size_t n;
        const char *bytes = luaL_checklstring(L, i, &n);
        has_room = stream_write(x->stream, bytes, n);
    }
    if (stream_has_failed(x->stream))
        return luaL_error(L, "write: out of memory");
    if (has_room)
        return 0;
    x->is_blocked = true;
    task_wait(task, "write", NULL, NULL);
    return lua_yield(L, 0);
}

void stream_body_push_call(lua_State *L, int body, struct exchange *x)
{
    struct exchange **writer =
        lua_newuserdatauv(L, sizeof(struct exchange *), 0);
    *writer = x;
    x->writer = writer;
    lua_getiuservalue(L, body, 1);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, write_to_stream, 1);
}

void stream_body_release(struct exchange *x)
{
    if (x->writer)
        *x->writer = NULL;
    x->writer = NULL;
}

void stream_body_open(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &body_key);
}
