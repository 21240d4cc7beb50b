/* reach.c -- tests of script/reach.c: each way by which a Lua value refers to
 * another one leads to a shared object, weak references do not, and coroutines
 * that are left aside are told apart. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "modules/modules.h"
#include "script/reach.h"
#include "sync/object.h"

enum { MAX_ASIDE = 4 };

/* Allocations that are still had; negative: all. */
static long n_allocations_left = -1;

static void *allocate(void *ctx, void *block, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (n_allocations_left == 0)
        return NULL;
    if (n_allocations_left > 0)
        n_allocations_left--;
    return realloc(block, new_size);
}

static lua_State *L;

static int open_state(void **state)
{
    (void)state;
    L = lua_newstate(allocate, NULL);
    luaL_openlibs(L);
    luaL_requiref(L, "sync", module_sync_open, 1);
    lua_settop(L, 0);
    return 0;
}

static int close_state(void **state)
{
    (void)state;
    lua_close(L);
    return 0;
}

/* Names of the objects that were reached, by the rest of the state and by each
 * coroutine that was left aside, each with a blank behind it. */
struct seen {
    lua_State *aside[MAX_ASIDE];
    int n_aside;
    char by_state[256], by[MAX_ASIDE][256];
};

static bool is_aside(void *ctx, lua_State *co)
{
    const struct seen *seen = ctx;
    for (int i = 0; i < seen->n_aside; i++)
        if (seen->aside[i] == co)
            return true;
    return false;
}

static void note(void *ctx, lua_State *by, struct sync_object *object)
{
    struct seen *seen = ctx;
    char *out = seen->by_state;
    for (int i = 0; by && i < seen->n_aside; i++)
        if (seen->aside[i] == by)
            out = seen->by[i];
    if (strlen(out) + strlen(object->name) + 2 > sizeof seen->by_state)
        return;
    strcat(out, object->name);
    strcat(out, " ");
}

static void run(const char *text)
{
    if (luaL_dostring(L, text) != LUA_OK)
        fail_msg("%s: %s", text, lua_tostring(L, -1));
}

/* Runs the text in a coroutine that the registry holds, up to its yield, and
 * leaves it aside. */
static void put_aside(struct seen *seen, const char *text)
{
    int n;
    lua_State *co = lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
    assert_int_equal(luaL_loadstring(co, text), LUA_OK);
    assert_int_equal(lua_resume(co, L, 0, &n), LUA_YIELD);
    seen->aside[seen->n_aside++] = co;
}

static void look(struct seen *seen)
{
    const struct reach reach = {is_aside, note, seen};
    struct err err = {""};
    int top = lua_gettop(L);
    if (!reach_run(&reach, L, &err))
        fail_msg("%s", err.message);
    assert_int_equal(lua_gettop(L), top);
    assert_int_equal(lua_gc(L, LUA_GCISRUNNING), 1);
}

static const char *const ways[] = {
    "x = sync.mutex 'it'",
    "x = sync.channel 'it'",
    "x = sync.semaphore 'it'",
    "x = { { { sync.mutex 'it' } } }",
    "x = { [sync.mutex 'it'] = true }",
    "local m = sync.mutex 'it' function x() return m end",
    "x = setmetatable({}, { it = sync.mutex 'it' })",
    "x = setmetatable({}, { __index = function() return sync end }) "
    "getmetatable(x).it = sync.mutex 'it'",
    "x = io.tmpfile() debug.setmetatable(x, { sync.mutex 'it' })",
    "getmetatable('').it = sync.mutex 'it'",
    "debug.setmetatable(1, { sync.mutex 'it' })",
    "debug.setmetatable(print, { sync.mutex 'it' })",
    "debug.getregistry()[{ sync.mutex 'it' }] = 1",
    "package.loaded.it = { sync.mutex 'it' }",
    "debug.sethook(function() return m end, '', 1) local m = sync.mutex 'it' "
    "debug.sethook(function() return m end, '', 1 << 20)",
    /* stacks of coroutines: a local, a temporary, `...`, an argument of one
       that has not started, a C function's, in a frame further out */
    "x = coroutine.create(function() local m = sync.mutex 'it' "
    "coroutine.yield() return m end) coroutine.resume(x)",
    "x = coroutine.create(function() return 1, { sync.mutex 'it' }, "
    "coroutine.yield() end) coroutine.resume(x)",
    "x = coroutine.create(function(...) coroutine.yield() return ... end) "
    "coroutine.resume(x, sync.mutex 'it')",
    "x = coroutine.create(function(...) coroutine.yield() end) "
    "coroutine.resume(x, 1, sync.mutex 'it')",
    "x = coroutine.create(function(m) pcall(coroutine.yield) return m end) "
    "coroutine.resume(x, sync.mutex 'it')",
    "x = coroutine.create(function(m) local t = setmetatable({}, { __lt = "
    "function() coroutine.yield() end }) return t < t, m end) "
    "coroutine.resume(x, sync.mutex 'it')",
    /* the value of a weak key, for the key may be there */
    "x = setmetatable({ [print] = sync.mutex 'it' }, { __mode = 'k' })",
};

static void ways_lead_to_an_object(void **state)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct seen seen = {.n_aside = 0};
        open_state(state);
        look(&seen);
        assert_string_equal(seen.by_state, "");
        run(ways[i]);
        look(&seen);
        if (strcmp(seen.by_state, "it ") != 0)
            fail_msg("%s: '%s'", ways[i], seen.by_state);
        close_state(state);
    }
}

static const char *const no_ways[] = {
    "x = coroutine.wrap(function() coroutine.yield(sync.mutex 'it') end) x()",
    "local m = sync.mutex 'it'", /* garbage, not collected yet */
    "x = setmetatable({ sync.mutex 'it' }, { __mode = 'v' })",
    "x = setmetatable({ [sync.mutex 'it'] = true }, { __mode = 'k' })",
    "x = setmetatable({ [sync.mutex 'it'] = {} }, { __mode = 'kv' })",
    "x = coroutine.wrap(function() local m = sync.mutex 'it' m = nil "
    "collectgarbage() coroutine.yield() end) x()",
};

static void no_way_leads_to_it(void **state)
{
    for (size_t i = 0; i < sizeof no_ways / sizeof *no_ways; i++) {
        struct seen seen = {.n_aside = 0};
        open_state(state);
        run("collectgarbage 'stop'");
        run(no_ways[i]);
        lua_gc(L, LUA_GCRESTART);
        look(&seen);
        if (seen.by_state[0])
            fail_msg("%s: '%s'", no_ways[i], seen.by_state);
        close_state(state);
    }
}

static void coroutines_are_told_apart(void **state)
{
    (void)state;
    struct seen seen = {.n_aside = 0};
    run("shared = sync.channel 'shared'");
    put_aside(&seen, "local a, s = sync.channel 'a', shared coroutine.yield() "
                     "return a, s");
    put_aside(&seen, "local t = { sync.channel 'c' } "
                     "both = setmetatable({ t }, { __mode = 'v' }) "
                     "coroutine.yield() return t");
    put_aside(&seen, "local t = both[1] coroutine.yield() return t");
    look(&seen);
    assert_string_equal(seen.by_state, "shared ");
    assert_string_equal(seen.by[0], "a ");
    assert_string_equal(seen.by[1], "c ");
    assert_string_equal(seen.by[2], "c ");
    /* what refers to such a coroutine reaches what it has */
    lua_pushthread(seen.aside[1]);
    lua_xmove(seen.aside[1], L, 1);
    lua_setglobal(L, "kept");
    memset(seen.by_state, 0, sizeof seen.by_state);
    memset(seen.by, 0, sizeof seen.by);
    look(&seen);
    assert_non_null(strstr(seen.by_state, "c "));
    assert_string_equal(seen.by[1], "");
    assert_string_equal(seen.by[2], "");
}

/* No recursion: neither depth nor breadth is a matter of the C stack. */
static void large_states_are_no_matter(void **state)
{
    (void)state;
    struct seen seen = {.n_aside = 0};
    run("x = { sync.mutex 'it' } for i = 1, 1000000 do x = { x } end "
        "y = {} for i = 1, 1000000 do y[i] = { i } end");
    look(&seen);
    assert_string_equal(seen.by_state, "it ");
}

static void memory_may_be_short(void **state)
{
    (void)state;
    struct seen seen = {.n_aside = 0};
    const struct reach reach = {is_aside, note, &seen};
    struct err err = {""};
    put_aside(&seen, "local a = sync.channel 'a' coroutine.yield() return a");
    bool ok = false;
    long n = 0;
    for (; !ok; n++) {
        lua_gc(L, LUA_GCCOLLECT);
        n_allocations_left = n;
        ok = reach_run(&reach, L, &err);
        n_allocations_left = -1;
        assert_int_equal(lua_gc(L, LUA_GCISRUNNING), 1);
        assert_int_equal(lua_gettop(L), 0);
    }
    assert_true(n > 3);
    assert_non_null(strstr(seen.by[0], "a "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_lead_to_an_object),
        cmocka_unit_test(no_way_leads_to_it),
        cmocka_unit_test_setup_teardown(coroutines_are_told_apart, open_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(large_states_are_no_matter, open_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(memory_may_be_short, open_state,
                                        close_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
