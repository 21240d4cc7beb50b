/* module_gzip.c -- `require "gzip"`.
 *
 *   gzip.compress(bytes [, level]) -> bytes
 *   gzip.decompress(bytes [, limit]) -> bytes, or nil and a message
 *
 * `level` is 0 to 9, 6 by default. A result of more than `limit` bytes, 64 MiB
 * by default, is a failure.
 */
#include <lauxlib.h>
#include <lua.h>

#include "base/gzip.h"
#include "modules/modules.h"
#include "script/owned_buf.h"

enum { DEFAULT_LEVEL = 6, DEFAULT_LIMIT = 64 * 1024 * 1024 };

static int gzip_compress_lua(lua_State *L)
{
    size_t n;
    struct err err = {0};
    const char *bytes = luaL_checklstring(L, 1, &n);
    lua_Integer level = luaL_optinteger(L, 2, DEFAULT_LEVEL);
    luaL_argcheck(L, level >= 0 && level <= 9, 2, "the level must be 0 to 9");
    struct buf *out = owned_buf_push(L);
    if (!gzip_compress(bytes, n, (int)level, out, &err))
        return luaL_error(L, "%s", err.message);
    owned_buf_push_string(L, out, "gzip");
    return 1;
}

static int gzip_decompress_lua(lua_State *L)
{
    size_t n;
    struct err err = {0};
    const char *bytes = luaL_checklstring(L, 1, &n);
    lua_Integer limit = luaL_optinteger(L, 2, DEFAULT_LIMIT);
    luaL_argcheck(L, limit >= 0, 2, "the limit must not be negative");
    struct buf *out = owned_buf_push(L);
    if (!gzip_decompress(bytes, n, (size_t)limit, out, &err)) {
        lua_pushnil(L);
        lua_pushstring(L, err.message);
        return 2;
    }
    owned_buf_push_string(L, out, "gzip");
    return 1;
}

int module_gzip_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"compress", gzip_compress_lua},
        {"decompress", gzip_decompress_lua},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
    return 1;
}
