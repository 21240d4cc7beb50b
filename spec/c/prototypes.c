/* prototypes.c -- tests of sample/hooks/recorded_load.c and the tables that it
 * fills: each function of a loaded chunk has its record, states share the
 * chunks, and nothing is left of what Lua has freed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/hooks/vm_heap.h"
#include "sample/platform/prototype.h"
#include "sample/tables/chunk_functions.h"
#include "sample/tables/chunks.h"
#include "sample/tables/prototypes.h"
#include "sample/tables/vm_functions.h"

static lua_State *new_state(void)
{
    lua_State *L = lua_newstate(vm_heap_realloc, vm_heap_new());
    assert_non_null(L);
    luaL_openlibs(L);
    return L;
}

static size_t n_prototypes(lua_State *L)
{
    size_t n;
    prototypes_size_bytes(*prototypes_of(L), &n);
    return n;
}

static size_t n_chunks(void)
{
    size_t n_bytes;
    return chunks_count(&n_bytes);
}

/* Pushes the function that the text returns. */
static void run(lua_State *L, const char *text, const char *name)
{
    if (luaL_loadbufferx(L, text, strlen(text), name, NULL) != LUA_OK ||
        lua_pcall(L, 0, 1, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
}

/* Returns the record of the function on top of the stack, which it pops. The
 * record lives as long as the state holds the function. */
static const struct vm_function *pop_record(lua_State *L)
{
    const void *prototype = prototype_at(L, -1);
    assert_non_null(prototype);
    lua_pop(L, 1);
    return prototypes_find(*prototypes_of(L), prototype);
}

static const struct vm_function *record_of(lua_State *L, const char *text,
                                           const char *name)
{
    run(L, text, name);
    return pop_record(L);
}

static void a_function_has_the_name_of_its_text(void **state)
{
    (void)state;
    lua_State *L = new_state();
    const struct vm_function *f = record_of(
        L, "local function sort() end\nlocal g return sort", "@lua/data.lua");
    assert_non_null(f);
    assert_string_equal(f->name, "data.sort");
    assert_string_equal(f->source, "@lua/data.lua");
    assert_int_equal(f->line_defined, 1);
    f = record_of(L, "return function() end, 1", "return function() end, 1");
    assert_non_null(f);
    assert_string_equal(f->name, "");
    assert_string_equal(f->source, "[string \"return function() end, 1\"]");
    f = record_of(L, "return load('local a return function() end')()", "=x");
    assert_non_null(f);
    f = record_of(L,
                  "local n = 0 return load(function() n = n + 1 "
                  "return ({ 'local function ', 'f', '() end return f' })[n] "
                  "end, '=pieces')()",
                  "=x");
    assert_non_null(f);
    assert_string_equal(f->name, "pieces.f");
    lua_close(L);
}

/* The same place, another function: after an edit both have their own names. */
static void versions_of_a_file_stand_side_by_side(void **state)
{
    (void)state;
    lua_State *L = new_state();
    run(L, "local function grow_cache() end return grow_cache", "@routes.lua");
    run(L, "local function innocent() end return innocent", "@routes.lua");
    run(L, "local function innocent() end return innocent", "@routes.lua");
    const struct vm_function *third = pop_record(L), *second = pop_record(L),
                             *first = pop_record(L);
    assert_string_equal(first->name, "routes.grow_cache");
    assert_string_equal(second->name, "routes.innocent");
    assert_int_not_equal(first->text, second->text);
    assert_ptr_equal(second, third); /* the same text: the same record */
    lua_close(L);
}

static void states_share_the_chunks_of_a_text(void **state)
{
    (void)state;
    enum { N = 20 };
    lua_State *states[N];
    size_t before = n_chunks();
    const struct vm_function *first = NULL;
    for (int i = 0; i < N; i++) {
        states[i] = new_state();
        run(states[i], "return function() end", "@shared.lua");
        lua_pushvalue(states[i], -1);
        const struct vm_function *f = pop_record(states[i]);
        first = first ? first : f;
        assert_ptr_equal(f, first);
        assert_int_equal(n_chunks(), before + 1);
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(n_chunks(), before + 1);
        lua_close(states[i]);
    }
    assert_int_equal(n_chunks(), before);
}

/* A program may load generated code for ever. */
static void nothing_is_left_of_what_lua_has_freed(void **state)
{
    (void)state;
    size_t n_before = n_chunks();
    lua_State *L = new_state();
    lua_gc(L, LUA_GCCOLLECT);
    size_t before = n_prototypes(L);
    for (int i = 0; i < 20000; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "local function f%d() return function() end end return f%d", i,
                 i);
        const struct vm_function *f =
            record_of(L, text, i % 2 ? "@made.lua" : text);
        char name[32];
        snprintf(name, sizeof name, "%sf%d", i % 2 ? "made." : "", i);
        assert_string_equal(f->name, name);
    }
    assert_true(n_prototypes(L) < 20000);
    lua_gc(L, LUA_GCCOLLECT);
    assert_int_equal(n_prototypes(L), before);
    assert_int_equal(n_chunks(), n_before);
    lua_close(L);
}

static void a_chunk_that_fails_leaves_nothing(void **state)
{
    (void)state;
    size_t before = n_chunks();
    lua_State *L = new_state();
    assert_int_not_equal(
        luaL_loadstring(L, "local function f() end function g( end"), LUA_OK);
    run(L,
        "return load(function() error 'no more' end) == nil and "
        "load(function() return {} end) == nil and print",
        "=x");
    lua_pop(L, 1);
    lua_gc(L, LUA_GCCOLLECT);
    assert_int_equal(n_prototypes(L), 0);
    assert_int_equal(n_chunks(), before);
    lua_close(L);
}

static void a_chunk_without_functions_needs_no_record(void **state)
{
    (void)state;
    lua_State *L = new_state();
    for (int i = 0; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "return %d", i);
        run(L, text, text);
    }
    assert_int_equal(n_prototypes(L), 0);
    lua_close(L);
}

static const char dumped_text[] =
    "local function work()\n"
    "  local function inner() end return inner\n"
    "end\n"
    "local function one() return 1 end local function two() return 2 end\n"
    "local function a() return 'a' end local function b() return 'b' end\n";

/* Pushes a function of dumped_text that was dumped and loaded again. */
static void reload_dumped(lua_State *L, const char *what, const char *tail)
{
    char text[1024];
    snprintf(text, sizeof text, "%sreturn load(string.dump(%s))%s", dumped_text,
             what, tail);
    run(L, text, "@work.lua");
}

static void a_dumped_function_keeps_its_name(void **state)
{
    (void)state;
    lua_State *L = new_state();
    reload_dumped(L, "work", "");
    assert_string_equal(pop_record(L)->name, "work.work");
    reload_dumped(L, "work", "()");
    assert_string_equal(pop_record(L)->name, "work.inner");
    /* Two functions of one line differ in their instructions. */
    reload_dumped(L, "one", "");
    assert_string_equal(pop_record(L)->name, "work.one");
    reload_dumped(L, "two", "");
    assert_string_equal(pop_record(L)->name, "work.two");
    /* These two do not: no name is better than a guess. */
    reload_dumped(L, "b", "");
    assert_string_equal(pop_record(L)->name, "");
    /* Stripped code has lost its file. */
    reload_dumped(L, "work, true", "");
    const struct vm_function *f = pop_record(L);
    assert_string_equal(f->source, "=?");
    assert_string_equal(f->name, "");
    assert_int_equal(f->line_defined, 1);
    reload_dumped(L, "work, true", "()");
    f = pop_record(L);
    assert_string_equal(f->name, "");
    assert_int_equal(f->line_defined, 2);
    lua_close(L);
}

static void functions_of_a_stripped_line_are_numbered(void **state)
{
    (void)state;
    lua_State *L = new_state();
    run(L,
        "return load(string.dump(load 'return function() end, function() end"
        "\\n, function() end', true))",
        "=x");
    assert_int_equal(lua_pcall(L, 0, 3, 0), LUA_OK);
    const struct vm_function *third = pop_record(L), *second = pop_record(L),
                             *first = pop_record(L);
    assert_string_equal(first->name, "");
    assert_string_equal(second->name, "#2");
    assert_string_equal(third->name, "");
    assert_int_equal(third->line_defined, 2);
    lua_close(L);
}

static void a_wrapped_script_is_its_main_chunk(void **state)
{
    (void)state;
    lua_State *L = new_state();
    const struct vm_function *f = record_of(
        L, CHUNK_HEAD "\nlocal function g() end" CHUNK_TAIL, "@script.lua");
    assert_string_equal(f->name, "");
    assert_int_equal(f->line_defined, 0);
    lua_close(L);
}

/* For a state that vm_heap.c does not serve: there is no table, and no fault.
 */
static void another_allocators_state_has_no_table(void **state)
{
    (void)state;
    lua_State *L = luaL_newstate();
    assert_null(prototypes_of(L));
    run(L, "return function() end", "@other.lua");
    lua_close(L);
}

static void threads_keep_their_prototypes_apart(void **state)
{
    (void)state;
    lua_State *L = new_state();
    lua_State *co = lua_newthread(L);
    assert_ptr_equal(prototypes_of(L), prototypes_of(co));
    run(co, "return function() end", "@co.lua");
    assert_string_equal(pop_record(co)->source, "@co.lua");
    lua_close(L);
}

static int set_up(void **state)
{
    (void)state;
    prototypes_use_allocator(vm_heap_realloc);
    return prototype_self_test() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_has_the_name_of_its_text),
        cmocka_unit_test(versions_of_a_file_stand_side_by_side),
        cmocka_unit_test(states_share_the_chunks_of_a_text),
        cmocka_unit_test(nothing_is_left_of_what_lua_has_freed),
        cmocka_unit_test(a_chunk_that_fails_leaves_nothing),
        cmocka_unit_test(a_chunk_without_functions_needs_no_record),
        cmocka_unit_test(a_dumped_function_keeps_its_name),
        cmocka_unit_test(functions_of_a_stripped_line_are_numbered),
        cmocka_unit_test(a_wrapped_script_is_its_main_chunk),
        cmocka_unit_test(another_allocators_state_has_no_table),
        cmocka_unit_test(threads_keep_their_prototypes_apart),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
