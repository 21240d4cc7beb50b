/* coroutines.c -- the weak table of coroutines, and the stacks of those that do
 * not run. */
#include "sample/hooks/coroutines.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>

#include "base/fork.h"
#include "sample/platform/call_info.h"
#include "sample/platform/prototype.h"
#include "sample/tables/frames.h"
#include "sample/walk/sample.h"
#include "sample/tables/tally.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/thread.h"
#include "sample/walk/vm_stack.h"

/* Its address is the registry's key of the table. */
static const char table_key;

static void push_weak_table(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

void coroutines_track(lua_State *L)
{
    push_weak_table(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
}

void coroutines_compact(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE) {
        push_weak_table(L);
        /* stack: old table, new table */
        for (lua_pushnil(L); lua_next(L, -3);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            /* stack: old table, new table, coroutine, coroutine, value */
            lua_rawset(L, -4);
        }
        lua_rawsetp(L, LUA_REGISTRYINDEX, &table_key);
    }
    lua_pop(L, 1);
}

/* Returns the innermost Lua frame, which makes a coroutine; FRAME_FULL if there
 * is none. A line that makes one coroutine usually makes more, so a watched
 * thread keeps the last answer. */
static uint32_t maker_of(lua_State *L)
{
    struct coroutine_maker none = {0};
    struct coroutine_maker *last =
        thread_self ? &thread_self->last_maker : &none;
    enum { MAX_LEVELS = 3 }; /* C functions may stand above the Lua frame */
    lua_Debug ar;
    for (int level = 0; level < MAX_LEVELS; level++) {
        if (!lua_getstack(L, level, &ar) || !ar.i_ci)
            return FRAME_FULL;
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0)
            break;
    }
    if (ar.currentline <= 0)
        return FRAME_FULL;
    struct vm_function function =
        vm_stack_function(L, prototype_of_frame(ar.i_ci), &ar);
    if (last->function != function.hash || last->line != ar.currentline) {
        last->frame = frames_lua(&function, ar.currentline);
        last->function = function.hash;
        last->line = ar.currentline;
    }
    return last->frame;
}

/* The low bits of a coroutine's value in the table are the frame that made it,
 * the others its number. */
enum { FRAME_BITS = 24 };

static lua_Integer origin_value(lua_State *L)
{
    static _Atomic int64_t n_made;
    int64_t number =
        atomic_fetch_add_explicit(&n_made, 1, memory_order_relaxed) + 1;
    uint32_t frame = maker_of(L);
    if (frame >> FRAME_BITS)
        frame = FRAME_FULL;
    return number << FRAME_BITS | frame;
}

void coroutines_add(lua_State *L)
{
    if (fork_depth > 0 || !lua_checkstack(L, 3))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE) {
        lua_pushvalue(L, -2);
        lua_pushinteger(L, origin_value(L));
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

void coroutines_each(lua_State *L, coroutine_visit_fn visit, void *ctx)
{
    if (!lua_checkstack(L, 3))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &table_key) == LUA_TTABLE)
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            lua_Integer value = lua_tointeger(L, -1);
            const struct coroutine_origin origin = {
                .number = value >> FRAME_BITS,
                .maker = value & ((1 << FRAME_BITS) - 1)};
            visit(ctx, lua_tothread(L, -2), &origin);
        }
    lua_pop(L, 1);
}

const char *coroutine_state(lua_State *co)
{
    lua_Debug ar;
    if (lua_status(co) == LUA_YIELD)
        return "suspended";
    if (lua_status(co) != LUA_OK || lua_getstack(co, 0, &ar))
        return NULL;
    return lua_isfunction(co, -1) ? "not started" : NULL;
}

static uint32_t frame_of(lua_State *co, lua_Debug *ar)
{
    lua_getinfo(co, "Slf", ar); /* pushes the function */
    lua_CFunction c = lua_tocfunction(co, -1);
    const void *prototype = prototype_at(co, -1);
    lua_pop(co, 1);
    if (c)
        return frames_c(c, 0);
    struct vm_function function = vm_stack_function(co, prototype, ar);
    return frames_lua(&function, ar->currentline);
}

/* Returns the frame of the function with which a coroutine will begin. */
static uint32_t first_frame(lua_State *co)
{
    lua_Debug ar;
    lua_CFunction c = lua_tocfunction(co, 1);
    if (c)
        return frames_c(c, 0);
    lua_pushvalue(co, 1);
    lua_getinfo(co, ">S", &ar);
    struct vm_function function =
        vm_stack_function(co, prototype_at(co, 1), &ar);
    return frames_lua(&function, ar.linedefined);
}

enum { MAX_OUTER = SAMPLE_MAX_LUA / 4, MAX_INNER = SAMPLE_MAX_LUA - MAX_OUTER };

/* Puts the outermost frames of a coroutine, behind a note that frames are left
 * out; or, if there is none between, all frames from `next` on. */
static unsigned put_outermost(lua_State *co, const void *next, uint32_t *frames)
{
    const void *outermost[MAX_OUTER];
    unsigned n = 0, n_put = 0;
    const void *ci = call_info_outermost(co);
    for (; ci && n < MAX_OUTER; ci = call_info_inner(co, ci)) {
        outermost[n++] = ci;
        if (ci == next)
            break;
    }
    if (n == 0 || outermost[n - 1] != next)
        frames[n_put++] = frames_note("(truncated)");
    while (n > 0) {
        lua_Debug ar;
        ar.i_ci = (void *)outermost[--n];
        frames[n_put++] = frame_of(co, &ar);
    }
    return n_put;
}

unsigned coroutine_frames(lua_State *co, uint32_t frames[COROUTINE_MAX_FRAMES])
{
    unsigned n = 0;
    lua_Debug ar;
    if (!lua_checkstack(co, 2))
        return 0;
    if (lua_status(co) != LUA_YIELD) {
        frames[0] = first_frame(co);
        return 1;
    }
    while (lua_getstack(co, (int)n, &ar)) {
        if (n == MAX_INNER)
            return n + put_outermost(co, (const void *)ar.i_ci, frames + n);
        frames[n++] = frame_of(co, &ar);
    }
    return n;
}

void coroutine_add(lua_State *co, uint32_t leaf, uint32_t labels, int64_t count,
                   int64_t weight, struct tally *tally)
{
    uint32_t frames[1 + COROUTINE_MAX_FRAMES] = {leaf};
    unsigned n = coroutine_frames(co, frames + 1);
    if (n == 0)
        return;
    if (leaf == FRAME_FULL)
        tally_add(tally, frames + 1, n, labels, count, weight);
    else
        tally_add(tally, frames, n + 1, labels, count, weight);
}
