/* vm_stack.c -- tests of sample/walk/vm_stack.c: both ends of a deep stack, in
 * the same number of instructions at any depth. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>

#include "sample/platform/call_info.h"
#include "sample/platform/prototype.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/entry.h"
#include "sample/walk/vm_stack.h"
#include "trap_flag.h"

static lua_State *L;
static struct vm_functions *functions;
static struct vm_walk walk;
static volatile sig_atomic_t n_instructions;
static bool counts_instructions;

static void on_trap(int number)
{
    (void)number;
    n_instructions++;
}

/* read(): walks the stack of its caller, twice: the first walk adds the
 * functions to the table. */
static int read_stack(lua_State *state)
{
    struct entry entry = {.L = state};
    vm_functions_reserve(functions);
    vm_stack_read(functions, &entry, &walk);
    n_instructions = 0;
    set_trap_flag(counts_instructions);
    vm_stack_read_in_allocator(functions, &entry, &walk);
    set_trap_flag(false);
    return 0;
}

static void run(int depth)
{
    char code[200];
    snprintf(code, sizeof code,
             "local function f(n) if n == 0 then read() return 1 end\n"
             "return 1 + f(n - 1) end\n"
             "assert(f(%d) == %d + 1)",
             depth, depth);
    if (luaL_dostring(L, code) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
}

/* Of `read`, depth + 1 frames of f and the main chunk, how many are kept. */
static void check(int depth, unsigned n_kept, bool truncated)
{
    run(depth);
    assert_int_equal(walk.n, n_kept);
    assert_int_equal(walk.truncated, truncated);
    assert_int_equal(walk.frames[0].line, -1); /* read */
    assert_int_equal(walk.frames[1].line, 1);
    assert_int_equal(walk.frames[n_kept - 2].line, 2);
    assert_int_equal(walk.frames[n_kept - 1].line, 3); /* the main chunk */
}

static void keeps_all_of_a_stack_that_fits(void **state)
{
    (void)state;
    check(10, 10 + 3, false);
    check(SAMPLE_MAX_LUA - 3, SAMPLE_MAX_LUA, false);
}

static void keeps_both_ends_of_a_deep_stack(void **state)
{
    (void)state;
    for (int more = 1; more < 5; more++)
        check(SAMPLE_MAX_LUA - 3 + more, SAMPLE_MAX_LUA + 1, true);
    unsigned at = SAMPLE_MAX_LUA - SAMPLE_MAX_LUA / 4;
    assert_true(walk.frames[at].function == FUNCTION_LEFT_OUT);
    for (unsigned i = 0; i < walk.n; i++)
        assert_int_equal(walk.frames[i].function == FUNCTION_LEFT_OUT, i == at);
}

static void takes_the_same_time_at_any_depth(void **state)
{
    (void)state;
    counts_instructions = true;
    vm_stack_set_max_depth(16); /* a trap takes some 10 us */
    run(1000);
    int shallow = n_instructions;
    run(150000);
    assert_true(shallow > 0);
    /* The same number; a sanitizer adds some. */
    assert_in_range(n_instructions, shallow - shallow / 50,
                    shallow + shallow / 50);
}

static int init(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_trap};
    sigaction(SIGTRAP, &action, NULL);
    L = luaL_newstate();
    functions = vm_functions_new();
    luaL_openlibs(L);
    lua_register(L, "read", read_stack);
    return prototype_self_test() && call_info_self_test() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_all_of_a_stack_that_fits),
        cmocka_unit_test(keeps_both_ends_of_a_deep_stack),
        cmocka_unit_test(takes_the_same_time_at_any_depth),
    };
    return cmocka_run_group_tests_name("vm_stack", tests, init, NULL);
}
