/* lua_api.c -- the functions of the Lua API that Perilune defines in place of
 * the Lua archive's own.
 *
 * The archive's functions are renamed at build time (platform/lua_archive.h),
 * so every call comes here: the calls inside liblua, Perilune's own and those
 * of C modules. Each function does what Lua's manual says. In addition it tells
 * the sampler which coroutine runs on the calling thread, which coroutines a
 * state has, which functions a chunk has, and which debug hook is the user's.
 * Each function runs on the thread that calls it, which is the thread that runs
 * the state.
 *
 * Path: [lua_api] -> walk/entry.h, walk/safepoint.c, coroutines.c
 */
#include "sample/platform/lua_archive.h"

#include "sample/hooks/recorded_load.h"
#include "sample/hooks/coroutines.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/entry.h"
#include "sample/walk/thread.h"
#include "sample/hooks/vm_heap.h"

LUA_API int lua_resume(lua_State *L, lua_State *from, int nargs, int *nres)
{
    struct sampler_thread *t = thread_self;
    struct entry_place place;
    safepoint_enter(t, &place, L);
    int status = archive_lua_resume(L, from, nargs, nres);
    safepoint_leave(t, &place);
    return status;
}

/* lua_resetthread runs the pending __close metamethods of L, so L needs an
 * entry of its own. */
LUA_API int lua_resetthread(lua_State *L)
{
    struct entry_place place;
    entry_begin(&place, L);
    int status = archive_lua_resetthread(L);
    entry_end(&place);
    return status;
}

LUA_API int lua_load(lua_State *L, lua_Reader reader, void *data,
                     const char *chunkname, const char *mode)
{
    return recorded_load(L, reader, data, chunkname, mode);
}

static bool is_same_state(lua_State *a, lua_State *b)
{
    return lua_topointer(a, LUA_REGISTRYINDEX) ==
           lua_topointer(b, LUA_REGISTRYINDEX);
}

/* os.exit may close a state while functions of the state are still on the C
 * stack. The signal handler must not read the state any more, so its entries
 * end first. */
LUA_API void lua_close(lua_State *L)
{
    struct sampler_thread *t = thread_self;
    if (t)
        safepoint_settle(t, (uintptr_t)__builtin_frame_address(0));
    while (t && t->active && is_same_state(t->active->L, L))
        safepoint_finish(t, t->active);
    void *heap;
    bool owns_heap = lua_getallocf(L, &heap) == vm_heap_realloc;
    archive_lua_close(L);
    if (owns_heap)
        vm_heap_free(heap);
}

/* Lua gives the new coroutine the hook of its maker. If that hook is the
 * sampler's, the coroutine gets the user's hook in its place. */
LUA_API lua_State *lua_newthread(lua_State *L)
{
    lua_State *child = archive_lua_newthread(L);
    safepoint_unhook_child(thread_self, L, child);
    coroutines_add(L);
    return child;
}

LUA_API void lua_sethook(lua_State *L, lua_Hook hook, int mask, int count)
{
    struct sampler_thread *t = thread_self;
    if (!t) {
        archive_lua_sethook(L, hook, mask, count);
        return;
    }
    thread_block(t);
    if (!safepoint_replace_user_hook(t, L, hook, mask, count))
        archive_lua_sethook(L, hook, mask, count);
    thread_unblock(t);
}

/* Returns the user's hook of L, also while the sampler's hook replaces it. */
static struct armed_hook get_hook(lua_State *L)
{
    struct sampler_thread *t = thread_self;
    if (t)
        thread_block(t);
    struct armed_hook hook = safepoint_get_user_hook(t, L);
    if (t)
        thread_unblock(t);
    return hook;
}

LUA_API lua_Hook lua_gethook(lua_State *L) { return get_hook(L).hook; }

LUA_API int lua_gethookmask(lua_State *L) { return get_hook(L).mask; }

LUA_API int lua_gethookcount(lua_State *L) { return get_hook(L).count; }
