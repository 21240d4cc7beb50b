#include "script/owned_buf.h"

#include <lauxlib.h>
#include <lua.h>

#define TYPE "perilune.buf"

static int free_owned_buf(lua_State *L)
{
    buf_fini(luaL_checkudata(L, 1, TYPE));
    return 0;
}

struct buf *owned_buf_new(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = BUF_INIT;
    if (luaL_newmetatable(L, TYPE)) {
        lua_pushcfunction(L, free_owned_buf);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, free_owned_buf);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    return b;
}

struct buf *owned_buf_push(lua_State *L)
{
    struct buf *b = owned_buf_new(L);
    lua_toclose(L, -1);
    return b;
}

void owned_buf_push_string(lua_State *L, const struct buf *b, const char *what)
{
    if (b->failed)
        luaL_error(L, "out of memory for %s", what);
    lua_pushlstring(L, b->data, b->len);
}
