/* module_gzip.c -- `require "gzip"`.
 *
 *   gzip.compress(bytes [, level]) -> bytes     level 0 to 9, 6 by default
 *   gzip.decompress(bytes [, limit]) -> bytes   or nil, message; at most
 *                                               `limit` bytes, 64 MiB by default
 */
#include <lauxlib.h>
#include <lua.h>

#include "base/gzip.h"
#include "script/modules.h"

#define BUFFER_TYPE "perilune.gzip_buffer"

enum { DEFAULT_LEVEL = 6, DEFAULT_LIMIT = 64 * 1024 * 1024 };

static int buffer_close(lua_State *L)
{
    buf_fini(luaL_checkudata(L, 1, BUFFER_TYPE));
    return 0;
}

/* A buffer that goes when its userdata does, an error or not. */
static struct buf *push_buffer(lua_State *L)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = BUF_INIT;
    luaL_setmetatable(L, BUFFER_TYPE);
    lua_toclose(L, -1);
    return b;
}

static int gzip_compress_lua(lua_State *L)
{
    size_t n;
    struct err err = {0};
    const char *bytes = luaL_checklstring(L, 1, &n);
    lua_Integer level = luaL_optinteger(L, 2, DEFAULT_LEVEL);
    luaL_argcheck(L, level >= 0 && level <= 9, 2, "the level must be 0 to 9");
    struct buf *out = push_buffer(L);
    if (!gzip_compress(bytes, n, (int)level, out, &err))
        return luaL_error(L, "%s", err.message);
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

static int gzip_decompress_lua(lua_State *L)
{
    size_t n;
    struct err err = {0};
    const char *bytes = luaL_checklstring(L, 1, &n);
    lua_Integer limit = luaL_optinteger(L, 2, DEFAULT_LIMIT);
    luaL_argcheck(L, limit >= 0, 2, "the limit must not be negative");
    struct buf *out = push_buffer(L);
    if (!gzip_decompress(bytes, n, (size_t)limit, out, &err)) {
        lua_pushnil(L);
        lua_pushstring(L, err.message);
        return 2;
    }
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

int module_gzip_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"compress", gzip_compress_lua},
        {"decompress", gzip_decompress_lua},
        {NULL, NULL},
    };
    luaL_newmetatable(L, BUFFER_TYPE);
    lua_pushcfunction(L, buffer_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, buffer_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
