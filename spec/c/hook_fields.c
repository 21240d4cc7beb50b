/* hook_fields.c -- tests of sample/platform/hook_fields.c: a hook that fires
 * next, armed in the same number of instructions at any depth. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sample/platform/call_info.h"
#include "sample/platform/hook_fields.h"
#include "trap_flag.h"

static lua_State *L;
static volatile sig_atomic_t n_instructions;
static int n_events, line; /* of the hook's first event */
static char event[16];

static void on_trap(int number)
{
    (void)number;
    n_instructions++;
}

static void hook(lua_State *state, lua_Debug *ar)
{
    static const char *const names[] = {"call", "return", "line", "count"};
    lua_sethook(state, NULL, 0, 0);
    lua_getinfo(state, "l", ar);
    line = ar->currentline;
    strcpy(event, names[ar->event]);
    n_events++;
}

enum { MASK = LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT };

/* arm(): arms the hook while this C function runs. */
static int arm(lua_State *state)
{
    n_instructions = 0;
    set_trap_flag(true);
    hook_fields_arm(state, hook, MASK, 1);
    set_trap_flag(false);
    return 0;
}

static void run(const char *code)
{
    n_events = line = 0;
    if (luaL_dostring(L, code) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    assert_int_equal(n_events, 1);
}

static void fires_when_the_c_function_returns(void **state)
{
    (void)state;
    run("arm()\nlocal x = 1");
    assert_string_equal(event, "return");
}

static const char deep_code[] =
    "local function f(n) if n == 0 then arm() return 1 end\n"
    "return 1 + f(n - 1) end\n"
    "assert(f(%d) == %d + 1)";

static void takes_the_same_time_at_any_depth(void **state)
{
    (void)state;
    char code[200];
    snprintf(code, sizeof code, deep_code, 10, 10);
    run(code);
    int shallow = n_instructions;
    snprintf(code, sizeof code, deep_code, 150000, 150000);
    run(code);
    assert_true(shallow > 0);
    assert_int_equal(n_instructions, shallow);
}

/* A hook that is armed while a Lua function runs, as by a signal. */
static void arm_on_signal(int number)
{
    (void)number;
    hook_fields_arm(L, hook, MASK, 1);
}

static int raise_signal(lua_State *state)
{
    (void)state;
    raise(SIGUSR2);
    return 0;
}

static void fires_in_the_function_that_a_signal_interrupts(void **state)
{
    (void)state;
    signal(SIGUSR2, arm_on_signal);
    lua_register(L, "raise", raise_signal);
    run("local t = setmetatable({}, {__index = function(t, k)\n"
        "  raise() return k end})\n"
        "local x = t.a\n"
        "x = x .. 'b'\n");
    assert_string_equal(event, "return");
}

static int init(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_trap};
    sigaction(SIGTRAP, &action, NULL);
    L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "arm", arm);
    return call_info_self_test() && hook_fields_self_test() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_when_the_c_function_returns),
        cmocka_unit_test(takes_the_same_time_at_any_depth),
        cmocka_unit_test(fires_in_the_function_that_a_signal_interrupts),
    };
    return cmocka_run_group_tests_name("hook_fields", tests, init, NULL);
}
