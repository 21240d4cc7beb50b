/* module_gzip.c -- `require "gzip"`: compress(bytes). */
#include <lauxlib.h>
#include <lua.h>
#include <zlib.h>

#include "script/modules.h"

/* The bound covers a gzip stream of one deflate call, so the output buffer,
 * which Lua owns, never has to grow. */
static int compress_bytes(lua_State *L)
{
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);
    z_stream z = {0};
    luaL_Buffer b;
    size_t bound = compressBound(len) + 18;
    char *out = luaL_buffinitsize(L, &b, bound);
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return luaL_error(L, "gzip: out of memory");
    z.next_in = (unsigned char *)bytes;
    z.avail_in = (unsigned)len;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)bound;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    luaL_pushresultsize(&b, z.total_out);
    return 1;
}

static const luaL_Reg functions[] = {
    {"compress", compress_bytes},
    {NULL, NULL},
};

int module_gzip_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
