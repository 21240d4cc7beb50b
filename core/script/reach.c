/* reach.c -- a walk over all values of a state, in rounds.
 *
 * Round 0 goes from the state; each later round goes from one coroutine that
 * was left aside. A round passes by what round 0 has met, but not by what an
 * earlier coroutine has met.
 */
#include "script/reach.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "script/call.h"
#include "script/sync_handle.h"

/* The stack index of a table that holds the values still to be visited. */
enum { TODO = 1 };

/* A value that was met. */
struct met {
    const void *value; /* NULL: the slot is free */
    uint32_t round;    /* the last in which it was met */
};

struct walk {
    const struct reach *reach;
    lua_State *L;
    lua_State *by; /* of reach->reached */
    lua_Integer n_todo;
    uint32_t round;
    /* A hash table with linear probing: n_slots is a power of two, and at most
     * half of the slots are used. A struct index would cost a second cache miss
     * for each value. */
    struct met *slots;
    size_t n_slots, n_met;
};

static struct met *find_met(const struct walk *walk, const void *value)
{
    uint64_t hash = (uintptr_t)value * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (hash >> 20) & (walk->n_slots - 1);
    while (walk->slots[at].value && walk->slots[at].value != value)
        at = (at + 1) & (walk->n_slots - 1);
    return &walk->slots[at];
}

static bool grow_met(struct walk *walk)
{
    struct walk grown = *walk;
    grown.n_slots = walk->n_slots ? 2 * walk->n_slots : 4096;
    grown.slots = calloc(grown.n_slots, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < walk->n_slots; i++)
        if (walk->slots[i].value)
            *find_met(&grown, walk->slots[i].value) = walk->slots[i];
    free(walk->slots);
    *walk = grown;
    return true;
}

/* Returns false if the value was met before. */
static bool add_met(struct walk *walk, const void *value)
{
    if (2 * walk->n_met >= walk->n_slots && !grow_met(walk))
        luaL_error(walk->L, "out of memory");
    struct met *met = find_met(walk, value);
    if (met->value && (met->round == 0 || met->round == walk->round))
        return false;
    walk->n_met += !met->value;
    *met = (struct met){value, walk->round};
    return true;
}

/* Pops a value and puts it into the table TODO, unless it was met before or
 * cannot refer to another value. */
static void push_todo(struct walk *walk)
{
    lua_State *L = walk->L;
    switch (lua_type(L, -1)) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
    case LUA_TUSERDATA:
    case LUA_TTHREAD:
        if (add_met(walk, lua_topointer(L, -1))) {
            lua_rawseti(L, TODO, ++walk->n_todo);
            return;
        }
    }
    lua_pop(L, 1);
}

static void push_metatable(struct walk *walk, int index)
{
    if (lua_getmetatable(walk->L, index))
        push_todo(walk);
}

/* Sets which references of the table on top are weak. */
static void read_mode(lua_State *L, bool *weak_keys, bool *weak_values)
{
    *weak_keys = *weak_values = false;
    if (!lua_getmetatable(L, -1))
        return;
    lua_pushliteral(L, "__mode");
    if (lua_rawget(L, -2) == LUA_TSTRING) {
        const char *mode = lua_tostring(L, -1);
        *weak_keys = strchr(mode, 'k');
        *weak_values = strchr(mode, 'v');
    }
    lua_pop(L, 2);
}

/* The value of a weak key is visited, because the key may be reachable. */
static void visit_table(struct walk *walk)
{
    lua_State *L = walk->L;
    bool weak_keys, weak_values;
    read_mode(L, &weak_keys, &weak_values);
    for (lua_pushnil(L); lua_next(L, -2);) {
        /* stack: ..., table, key, value */
        if (weak_values)
            lua_pop(L, 1);
        else
            push_todo(walk);
        if (!weak_keys) {
            lua_pushvalue(L, -1);
            push_todo(walk);
        }
    }
}

static void visit_function(struct walk *walk)
{
    for (int i = 1; lua_getupvalue(walk->L, -1, i); i++)
        push_todo(walk);
}

static void visit_userdata(struct walk *walk)
{
    lua_State *L = walk->L;
    struct sync_object *object = sync_handle_object(L, -1);
    if (object)
        walk->reach->reached(walk->reach->ctx, walk->by, object);
    for (int i = 1; lua_getiuservalue(L, -1, i) != LUA_TNONE; i++)
        push_todo(walk);
    lua_pop(L, 1);
}

/* Does what push_todo does with the value on top of the stack of `co`. */
static void push_todo_from(struct walk *walk, lua_State *co)
{
    if (co != walk->L)
        lua_xmove(co, walk->L, 1);
    push_todo(walk);
}

static void visit_frame(struct walk *walk, lua_State *co, lua_Debug *ar)
{
    lua_getinfo(co, "f", ar);
    push_todo_from(walk, co);
    for (int n = 1; lua_getlocal(co, ar, n); n++)
        push_todo_from(walk, co);
    for (int n = -1; lua_getlocal(co, ar, n); n--) /* `...` */
        push_todo_from(walk, co);
}

static void visit_thread(struct walk *walk)
{
    lua_State *co = lua_tothread(walk->L, -1);
    lua_Debug ar;
    luaL_checkstack(walk->L, 4, NULL);
    if (!lua_checkstack(co, 4))
        luaL_error(walk->L, "out of memory");
    int level = 0;
    for (; lua_getstack(co, level, &ar); level++)
        if (co != walk->L || level > 0) /* level 0 is walk_state */
            visit_frame(walk, co, &ar);
    if (level > 0)
        return;
    for (int i = 1, n = lua_gettop(co); i <= n; i++) { /* it has not started */
        lua_pushvalue(co, i);
        push_todo_from(walk, co);
    }
}

static void visit_all(struct walk *walk)
{
    lua_State *L = walk->L;
    while (walk->n_todo > 0) {
        int top = lua_gettop(L);
        lua_rawgeti(L, TODO, walk->n_todo);
        lua_pushnil(L);
        lua_rawseti(L, TODO, walk->n_todo--);
        switch (lua_type(L, -1)) {
        case LUA_TTABLE:
            visit_table(walk);
            break;
        case LUA_TFUNCTION:
            visit_function(walk);
            break;
        case LUA_TUSERDATA:
            visit_userdata(walk);
            break;
        case LUA_TTHREAD:
            visit_thread(walk);
            break;
        }
        push_metatable(walk, top + 1);
        lua_settop(L, top);
    }
}

/* Puts the values of the registry into TODO, except the coroutines that are
 * left aside: pushes a table of those. Returns their number. */
static lua_Integer push_registry(struct walk *walk)
{
    lua_State *L = walk->L;
    lua_Integer n_aside = 0;
    lua_newtable(L);
    int aside = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, LUA_REGISTRYINDEX);) {
        /* stack: ..., key, value */
        lua_State *co = lua_tothread(L, -1);
        if (co && walk->reach->is_aside(walk->reach->ctx, co))
            lua_rawseti(L, aside, ++n_aside);
        else
            push_todo(walk);
        lua_pushvalue(L, -1);
        push_todo(walk);
    }
    return n_aside;
}

static int walk_state(lua_State *L);

/* Each type except table and userdata has one metatable for all its values. */
static void push_metatables_of_types(struct walk *walk)
{
    lua_State *L = walk->L;
    int top = lua_gettop(L);
    luaL_checkstack(L, 10, NULL);
    lua_pushnil(L);
    lua_pushboolean(L, true);
    lua_pushlightuserdata(L, walk);
    lua_pushinteger(L, 0);
    lua_pushliteral(L, "");
    lua_pushcfunction(L, walk_state);
    lua_pushthread(L);
    for (int i = top + 1; i <= top + 7; i++)
        push_metatable(walk, i);
    lua_settop(L, top);
}

/* stack: walk (light), the values on the stack of the state's main coroutine */
static int walk_state(lua_State *L)
{
    struct walk *walk = lua_touserdata(L, 1);
    walk->L = L;
    luaL_checkstack(L, 10, NULL);
    lua_newtable(L);
    lua_replace(L, TODO);
    while (lua_gettop(L) > TODO)
        push_todo(walk);
    push_metatables_of_types(walk);
    lua_Integer n_aside = push_registry(walk);
    visit_all(walk);
    for (lua_Integer i = 1; i <= n_aside; i++) {
        walk->round++;
        lua_rawgeti(L, -1, i);
        walk->by = lua_tothread(L, -1);
        push_todo(walk);
        visit_all(walk);
    }
    return 0;
}

bool reach_run(const struct reach *reach, lua_State *L, struct err *err)
{
    struct walk walk = {.reach = reach};
    int n = lua_gettop(L), was_running = lua_gc(L, LUA_GCISRUNNING);
    if (!lua_checkstack(L, n + 2))
        return err_set(err, "out of memory");
    lua_gc(L, LUA_GCSTOP);
    lua_pushcfunction(L, walk_state);
    lua_pushlightuserdata(L, &walk);
    for (int i = 1; i <= n; i++)
        lua_pushvalue(L, i);
    bool ok = script_call(L, n + 1, 0, err);
    if (was_running)
        lua_gc(L, LUA_GCRESTART);
    free(walk.slots);
    return ok;
}
