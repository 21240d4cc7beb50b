/* holder.c -- a C module that takes memory from malloc and keeps it, for
 * native_heap_spec.lua, and that makes userdata, for heap_truth_spec.lua. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

static void *last; /* a chain: each block begins with the one before */

/* In a function of its own, so that there is a C frame below holder.keep. */
static __attribute__((noinline)) void hold(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    *(void **)block = last;
    last = block;
}

/* keep(n, size): n blocks of `size` bytes. */
static int keep(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    size_t size = (size_t)luaL_checkinteger(L, 2);
    luaL_argcheck(L, size >= sizeof last, 2, "too small");
    for (lua_Integer i = 0; i < n; i++)
        hold(size);
    return 0;
}

/* release(): free them all. */
static int release(lua_State *L)
{
    (void)L;
    while (last) {
        void *block = last;
        last = *(void **)block;
        free(block);
    }
    return 0;
}

/* userdata(size): a full one. */
static int userdata(lua_State *L)
{
    lua_newuserdatauv(L, (size_t)luaL_checkinteger(L, 1), 0);
    return 1;
}

int luaopen_holder(lua_State *L)
{
    static const luaL_Reg functions[] = {{"keep", keep},
                                         {"release", release},
                                         {"userdata", userdata},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
