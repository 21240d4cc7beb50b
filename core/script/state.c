/* state.c -- makes Lua states. */
#include "script/state.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sample/hooks/coroutines.h"
#include "sample/walk/context.h"
#include "sample/tables/c_names.h"
#include "sample/session/trace.h"
#include "sample/hooks/vm_heap.h"
#include "script/call.h"

/* stack: dir (light) */
static int add_dir(lua_State *L)
{
    const char *dir = lua_touserdata(L, 1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    const char *path = lua_tostring(L, -1);
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", dir, dir, path);
    lua_setfield(L, -3, "path");
    return 0;
}

bool script_add_dir(lua_State *L, const char *dir, struct err *err)
{
    lua_pushcfunction(L, add_dir);
    lua_pushlightuserdata(L, (void *)dir);
    return script_call(L, 1, 0, err);
}

/* The state of the function that prints warnings. */
struct warnings {
    bool are_on;        /* after warn("@on") */
    bool is_in_message; /* more pieces of the same message will come */
};

/* Prints a warning as in a state of luaL_newstate, which cannot be used because
 * it has an allocator of its own. */
static void write_warning(void *ud, const char *piece, int continues)
{
    struct warnings *w = ud;
    if (!w->is_in_message && !continues && piece[0] == '@') {
        if (strcmp(piece, "@on") == 0 || strcmp(piece, "@off") == 0)
            w->are_on = piece[2] == 'n';
        return;
    }
    if (w->are_on)
        fprintf(stderr, "%s%s%s",
                w->is_in_message ? "" : "Lua warning: ", piece,
                continues ? "" : "\n");
    w->is_in_message = continues;
}

static void set_up_warnings(lua_State *L)
{
    struct warnings *w = lua_newuserdatauv(L, sizeof *w, 0);
    *w = (struct warnings){0};
    luaL_ref(L, LUA_REGISTRYINDEX); /* lua_close may warn before it frees it */
    lua_setwarnf(L, write_warning, w);
}

/* Counts a collection. It is the finalizer of a userdata to which nothing
 * refers, so it runs in each collection, after live objects were marked. It
 * sets the metatable again, so that it will run in the next one too. */
static int on_collection(lua_State *L)
{
    void *ud;
    lua_getallocf(L, &ud);
    struct vm_heap *heap = ud;
    atomic_fetch_add_explicit(&heap->n_collections, 1, memory_order_relaxed);
    if (trace_is_open()) {
        int64_t now_ns = clock_mono_ns();
        const struct trace_event event = {
            .kind = TRACE_COLLECTION,
            .start_ns = now_ns,
            .end_ns = now_ns,
            .labels = context_labels(),
            .bytes =
                atomic_load_explicit(&heap->used_bytes, memory_order_relaxed),
        };
        trace_add(&event);
    }
    lua_getmetatable(L, 1);
    lua_setmetatable(L, 1);
    return 0;
}

static void watch_collections(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, on_collection);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* Its address is the registry's key of the list of modules. */
static const char modules_key;

/* stack: modules (light) */
static int set_up_state(lua_State *L)
{
    set_up_warnings(L);
    watch_collections(L);
    luaL_openlibs(L);
    const luaL_Reg *modules = lua_touserdata(L, 1);
    lua_pushlightuserdata(L, (void *)modules);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
    for (const luaL_Reg *m = modules; m->name; m++)
        script_preload(L, m->name, m->func);
    c_names_learn(L);
    return 0;
}

const luaL_Reg *script_state_modules(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key);
    const luaL_Reg *modules = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return modules;
}

/* Returns a state whose memory is counted and sampled, NULL if out of memory.
 */
static lua_State *new_state(void)
{
    struct vm_heap *heap = vm_heap_new();
    lua_State *L = heap ? lua_newstate(vm_heap_realloc, heap) : NULL;
    if (heap && !L)
        vm_heap_free(heap);
    return L;
}

lua_State *script_state_new(const char *dir, const luaL_Reg *modules,
                            struct err *err)
{
    lua_State *L = new_state();
    if (!L) {
        err_set(err, "out of memory for a Lua state");
        return NULL;
    }
    lua_pushcfunction(L, set_up_state);
    lua_pushlightuserdata(L, (void *)modules);
    if (script_call(L, 1, 0, err) && (!dir || script_add_dir(L, dir, err)))
        return L;
    script_state_free(L);
    return NULL;
}

/* Collects twice, because an object with a finalizer survives the collection
 * that finds it. */
static int collect_all(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT);
    coroutines_compact(L);
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

void script_state_collect(lua_State *L)
{
    struct err err;
    lua_pushcfunction(L, collect_all);
    if (!script_call(L, 0, 0, &err))
        log_write(LOG_ERROR, "collection_failed",
                  LOG_FIELDS(log_text("error", err.message)));
}

const struct vm_heap *script_state_heap(lua_State *L)
{
    void *heap;
    lua_getallocf(L, &heap);
    return heap;
}

void script_state_free(lua_State *L) { lua_close(L); }

void script_preload(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

bool script_run_file(lua_State *L, const char *path, int nargs, int nresults,
                     struct err *err)
{
    if (luaL_loadfile(L, path) != LUA_OK) {
        err_set(err, "%s", lua_tostring(L, -1));
        lua_pop(L, 1 + nargs);
        return false;
    }
    lua_insert(L, -1 - nargs);
    return script_call(L, nargs, nresults, err);
}
