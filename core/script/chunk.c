/* chunk.c -- compiles a script as a function of its globals. */
#include "script/chunk.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "sample/tables/chunk_functions.h"
#include "script/call.h"

/* Returns the length of a first line that begins with '#', which is not Lua,
 * without its line end. Returns 0 if there is no such line. */
static size_t skip_first_line(const struct buf *source)
{
    size_t n = 0;
    if (source->len > 0 && source->data[0] == '#')
        while (n < source->len && source->data[n] != '\n')
            n++;
    return n;
}

static bool compile_text(lua_State *L, const char *text, size_t n,
                         const char *name, struct err *err)
{
    if (luaL_loadbufferx(L, text, n, name, "t") == LUA_OK)
        return true;
    err_set(err, "%s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return false;
}

/* Compiles the plain source first, so that messages are about the plain source
 * and a script that is only valid inside the wrapping is refused. Then compiles
 * the wrapped source and pushes it. */
static bool compile_wrapped(lua_State *L, const char *text, size_t n,
                            const char *name, struct err *err)
{
    struct buf wrapped = BUF_INIT;
    buf_puts(&wrapped, CHUNK_HEAD);
    buf_append(&wrapped, text, n);
    buf_puts(&wrapped, CHUNK_TAIL);
    bool ok = !wrapped.failed || err_set(err, "out of memory");
    if (ok && (ok = compile_text(L, text, n, name, err))) {
        lua_pop(L, 1);
        ok = compile_text(L, wrapped.data, wrapped.len, name, err);
    }
    buf_fini(&wrapped);
    return ok;
}

bool chunk_load(struct chunk *chunk, lua_State *L, const char *path,
                struct err *err)
{
    struct buf source = BUF_INIT;
    char name[512];
    snprintf(name, sizeof name, "@%s", path);
    bool ok = file_read(path, &source, err);
    if (ok) {
        size_t skipped = skip_first_line(&source);
        ok = compile_wrapped(L, source.data + skipped, source.len - skipped,
                             name, err) &&
             script_call(L, 0, 1, err);
    }
    if (ok)
        chunk->make_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    buf_fini(&source);
    return ok;
}

/* stack: function -> function, its new globals. Runs protected. */
static int push_call_with_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    if (luaL_newmetatable(L, "perilune.globals")) {
        lua_pushglobaltable(L);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return 2;
}

bool chunk_run(const struct chunk *chunk, lua_State *L, struct err *err)
{
    lua_pushcfunction(L, push_call_with_globals);
    lua_rawgeti(L, LUA_REGISTRYINDEX, chunk->make_ref);
    if (!script_call(L, 1, 2, err) || !script_call(L, 1, 1, err))
        return false;
    if (lua_istable(L, -1))
        return true;
    err_set(err, "the script must return a table, got %s",
            luaL_typename(L, -1));
    lua_pop(L, 1);
    return false;
}
