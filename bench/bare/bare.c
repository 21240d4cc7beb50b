/* bare.c -- in place of native_heap.c, native_lock.c, lua_api.c and
 * vm_heap.c: the C library's malloc and mutexes, Lua's API, and an allocator
 * that does what Lua's own does (l_alloc of lauxlib.c).
 */
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sample/platform/lua_archive.h"
#include "sample/hooks/native_heap.h"
#include "sample/hooks/vm_heap.h"

void native_heap_start(void) {}

void vm_heap_init(void) {}

struct vm_heap *vm_heap_new(void) { return calloc(1, sizeof(struct vm_heap)); }

void vm_heap_free(struct vm_heap *heap) { free(heap); }

void *vm_heap_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    (void)ud;
    (void)osize;
    if (nsize == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, nsize);
}

bool vm_heap_share(const char *text, size_t len)
{
    (void)text;
    (void)len;
    return false;
}

void vm_heap_unshare(const char *text) { (void)text; }

LUA_API int lua_load(lua_State *L, lua_Reader reader, void *data,
                     const char *chunkname, const char *mode)
{
    return archive_lua_load(L, reader, data, chunkname, mode);
}

LUA_API int lua_resume(lua_State *L, lua_State *from, int nargs, int *nres)
{
    return archive_lua_resume(L, from, nargs, nres);
}

LUA_API int lua_resetthread(lua_State *L) { return archive_lua_resetthread(L); }

LUA_API void lua_close(lua_State *L)
{
    void *heap;
    lua_getallocf(L, &heap);
    archive_lua_close(L);
    vm_heap_free(heap);
}

LUA_API lua_State *lua_newthread(lua_State *L)
{
    return archive_lua_newthread(L);
}

LUA_API void lua_sethook(lua_State *L, lua_Hook hook, int mask, int count)
{
    archive_lua_sethook(L, hook, mask, count);
}

LUA_API lua_Hook lua_gethook(lua_State *L) { return archive_lua_gethook(L); }

LUA_API int lua_gethookmask(lua_State *L) { return archive_lua_gethookmask(L); }

LUA_API int lua_gethookcount(lua_State *L)
{
    return archive_lua_gethookcount(L);
}
