#include "export/export_out.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/gzip.h"

#define TYPE "perilune.out"

/* zlib's level. On large profiles level 3 takes a fifth less time than zlib's
 * default 6 and makes 1 % more bytes. */
enum { LEVEL = 3 };

struct export_out {
    struct buf bytes;
    bool gzip;
};

static struct export_out *check_out(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE);
}

/* out:write(...) appends strings and numbers, as io.write does. Returns out. */
static int out_write(lua_State *L)
{
    struct export_out *out = check_out(L);
    int n = lua_gettop(L);
    for (int i = 2; i <= n; i++) {
        size_t len;
        const char *s = luaL_checklstring(L, i, &len);
        buf_append(&out->bytes, s, len);
    }
    if (out->bytes.failed)
        return luaL_error(L, "out of memory for the output");
    lua_settop(L, 1);
    return 1;
}

/* out:gzip() asks for all output, written before or after, to be gzipped.
 * Returns out. */
static int out_gzip(lua_State *L)
{
    check_out(L)->gzip = true;
    lua_settop(L, 1);
    return 1;
}

static int out_gc(lua_State *L)
{
    buf_fini(&check_out(L)->bytes);
    return 0;
}

struct export_out *export_out_push(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"write", out_write},
        {"gzip", out_gzip},
        {"__gc", out_gc},
        {NULL, NULL},
    };
    struct export_out *out = lua_newuserdatauv(L, sizeof *out, 0);
    *out = (struct export_out){BUF_INIT, false};
    if (luaL_newmetatable(L, TYPE)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return out;
}

bool export_out_take(struct export_out *out, struct buf *bytes, struct err *err)
{
    if (out->gzip)
        return gzip_compress(out->bytes.data, out->bytes.len, LEVEL, bytes,
                             err);
    buf_append(bytes, out->bytes.data, out->bytes.len);
    return !bytes->failed || err_set(err, "out of memory for the output");
}
