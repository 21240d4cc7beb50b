/* vm_line.c -- tests of sample/walk/vm_line.c: the line at every machine
 * instruction of the interpreter and of what it calls.
 *
 * The processor's trap flag raises SIGTRAP after each instruction. The test
 * runs chunks in which only one line can make the interpreter call other
 * functions, so the line is known for all instructions of these functions. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/loaded_objects.h"
#include "sample/platform/prototype.h"
#include "sample/walk/native_stack.h"
#include "sample/walk/vm_line.h"
#include "trap_flag.h"

enum { LINE = 4, RETURN_LINE = 7 };

/* Each case is a line that runs in a loop, between lines that call nothing. The
 * first line prepares it. */
static const struct {
    const char *name, *prepare, *line;
} cases[] = {
    {"concat", "local a, b, r = 'abc', 'def'", "r = a .. b"},
    {"concat of a number", "local r", "r = i .. ''"},
    {"concat of many", "local a, r = 'abc'", "r = a .. i .. a .. i .. a"},
    {"concat by metamethod",
     "local a, r = setmetatable({}, {__concat = function(x) return x end})",
     "r = a .. 1"},
    {"new table", "local r", "r = {}"},
    {"new table with fields", "local r", "r = { a = i, b = i }"},
    {"set list", "local r", "r = { i, i, i, i, i }"},
    {"set list of a call", "local f, r = select", "r = { f(2, i, i, i) }"},
    {"set list of strings", "local s, r = 'long enough' .. 1",
     "r = { s, s, s, s, s, s, s, s, s }"},
    {"closure", "local c, r = 1", "r = function() return c end"},
    {"closure without upvalues", "local r", "r = function() end"},
    {"closures share an upvalue", "local x, r = 1",
     "r = function() x = x + 1 end"},
    {"vararg", "local r, s", "r, s = ..."},
    {"vararg in a table", "local r", "r = { ... }"},
    {"vararg in a call", "local f, r = select", "r = f('#', ...)"},
    {"length of a table", "local t, r = { 1, 2, nil, 4 }", "r = #t"},
    {"length by metamethod",
     "local t, r = setmetatable({}, {__len = function() return 3 end})",
     "r = #t"},
    {"string arithmetic", "local s, r = '10'", "r = s + 1"},
    {"arithmetic by metamethod",
     "local t, r = setmetatable({}, {__add = function() return 3 end})",
     "r = t + 1"},
    {"unary minus by metamethod",
     "local t, r = setmetatable({}, {__unm = function() return 3 end})",
     "r = -t"},
    {"bitwise not by metamethod",
     "local t, r = setmetatable({}, {__bnot = function() return 3 end})",
     "r = ~t"},
    {"power", "local x, r = 1.5", "r = x ^ i"},
    {"float modulo", "local x, r = 7.25", "r = x % 2.5"},
    {"field", "local t, r = { field = 1 }", "r = t.field"},
    {"missing field", "local t, r = { field = 1 }", "r = t.other"},
    {"field by metamethod",
     "local t, r = setmetatable({}, {__index = function() return 3 end})",
     "r = t.field"},
    {"field of a field's table",
     "local t, r = setmetatable({}, {__index = setmetatable({}, {__index = "
     "{ field = 1 }})})",
     "r = t.field"},
    {"method", "local s, r = 'text'", "r = s:len()"},
    {"float key", "local t, r = { [1.5] = 1 }", "r = t[1.5]"},
    {"long string key", "local k, r = ('k'):rep(100) local t = { [k] = 1 }",
     "r = t[k]"},
    {"boolean key", "local t, r = { [true] = 1 }", "r = t[i > 1]"},
    {"new string key", "local t = {}", "t['k' .. i] = i"},
    {"new integer key", "local t = {}", "t[i] = i"},
    {"new integer key far away", "local t = {}", "t[i * 1000] = i"},
    {"new field", "local t", "t = {} t.a = 1 t.b = 2 t.c = 3"},
    {"set field by metamethod",
     "local t = setmetatable({}, {__newindex = function() end})",
     "t.field = i"},
    {"set a collectable field", "local t = {}", "t.field = 'x' .. i"},
    {"global", "X = 1 local r", "r = X"},
    {"set global", "", "Y = i"},
    {"missing global", "local r", "r = Missing"},
    {"compare strings", "local a, b, r = 'abc', 'abd'", "r = a < b"},
    {"compare long strings",
     "local a, r = ('x'):rep(100) local b = ('x'):rep(50) .. ('x'):rep(50)",
     "r = a == b"},
    {"compare by metamethod",
     "local m = {__lt = function() return true end} local a, r = "
     "setmetatable({}, m)",
     "r = a < a"},
    {"equal by metamethod",
     "local m = {__eq = function() return true end} local a, b, r = "
     "setmetatable({}, m), setmetatable({}, m)",
     "r = a == b"},
    {"pairs", "local t, r = { a = 1, b = 2, 3 }",
     "for k, v in pairs(t) do r = v end"},
    {"next", "local t, f, r = { a = 1, b = 2, 3 }, next",
     "for k, v in f, t do r = v end"},
    {"ipairs", "local t, r = { 1, 2, 3 }",
     "for k, v in ipairs(t) do r = v end"},
    {"float loop", "local r", "for x = 1, 2, 0.25 do r = x end"},
    {"call of a Lua function", "local function f(x) return x end local r",
     "r = f(i)"},
    {"call of a vararg function",
     "local function f(...) return ... end local r", "r = f(i, i, i)"},
    {"call by metamethod",
     "local f, r = setmetatable({}, {__call = function() return 3 end})",
     "r = f(i)"},
    {"tail call",
     "local function g(x) return x end local function f(x) return g(x) end "
     "local r",
     "r = f(i)"},
    {"recursion", "local function f(x) if x > 0 then f(x - 1) end end", "f(5)"},
    {"call of a C function", "local f, r = math.abs", "r = f(i)"},
    {"pcall", "local f, r = pcall", "r = f(error, 'x')"},
    {"upvalue closed", "local r",
     "do local x = i r = function() return x end end"},
    {"to be closed", "local m = setmetatable({}, {__close = function() end})",
     "do local x <close> = m end"},
    {"collection", "local f, r = collectgarbage", "r = f('step')"},
    {"coroutine",
     "local f = coroutine.wrap(function() while true do "
     "coroutine.yield() end end)",
     "f()"},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static lua_State *L;
static const void *main_frame; /* lua_Debug.i_ci of the chunk */

/* The chunk runs. Counts for the instructions below luaV_execute, with the
 * chunk's frame as the innermost. */
static struct {
    bool has_begun; /* the call that began the traps has returned */
    int n, n_right, n_unknown;
    int wrong_line;
    char wrong_function[40];
} counts;

/* What one instruction shows. */
struct look {
    const struct native_stack *stack;
    int line; /* 0: the frame is not the chunk's */
};

static void look(void *ctx)
{
    struct look *l = ctx;
    lua_Debug ar;
    l->line = 0;
    if (lua_getstack(L, 0, &ar) && (const void *)ar.i_ci == main_frame)
        l->line = vm_line_at(L, main_frame, &l->stack->vm);
}

/* Returns true for what the chunk's `return` calls. */
static bool is_return(const char *callee)
{
    return strcmp(callee, "luaD_poscall") == 0 ||
           strcmp(callee, "luaF_close") == 0;
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    uintptr_t pcs[64];
    struct native_stack stack = {.pcs = pcs, .max = 64};
    native_stack_capture(context, &stack);
    if (!stack.has_vm)
        return;
    counts.has_begun = counts.has_begun || stack.vm_at == 0;
    if (stack.vm_at == 0 || !counts.has_begun)
        return;
    struct look l = {&stack, 0};
    if (!fault_guard_run(look, &l) || l.line == 0)
        return;
    if (l.line == RETURN_LINE && is_return(code_map_name(pcs[stack.vm_at - 1])))
        return;
    counts.n++;
    if (l.line == LINE) {
        counts.n_right++;
    } else {
        counts.n_unknown += l.line < 0;
        counts.wrong_line = l.line;
        snprintf(counts.wrong_function, sizeof counts.wrong_function, "%s",
                 code_map_name(pcs[0]));
    }
}

/* A C function of the chunk. */
static int begin_traps(lua_State *state)
{
    lua_Debug ar;
    lua_getstack(state, 1, &ar);
    main_frame = (const void *)ar.i_ci;
    set_trap_flag(true);
    return 0;
}

static void run_case(int i)
{
    char code[1000];
    snprintf(code, sizeof code,
             "%s\n"
             "local _x, _begin = 1, begin\n"
             "for i = 1, 3 do if i == 3 then _begin() end _x = _x ~ 3\n"
             "%s\n"
             "_x = _x + 1 _x = _x ~ 5 _x = _x + 2\n"
             "end\n"
             "return",
             cases[i].prepare, cases[i].line);
    memset(&counts, 0, sizeof counts);
    if (luaL_loadstring(L, code) != LUA_OK)
        fail_msg("%s: %s", cases[i].name, lua_tostring(L, -1));
    for (int n = 1; n <= 3; n++)
        lua_pushinteger(L, n);
    int status = lua_pcall(L, 3, 0, 0);
    set_trap_flag(false);
    if (status != LUA_OK)
        fail_msg("%s: %s", cases[i].name, lua_tostring(L, -1));
}

static void the_line_is_right_at_every_instruction(void **state)
{
    (void)state;
    int n_wrong = 0;
    for (int i = 0; i < N_CASES; i++) {
        run_case(i);
        if (counts.n == 0)
            fail_msg("%s: the interpreter calls nothing", cases[i].name);
        int n_wrong_here = counts.n - counts.n_right;
        if (n_wrong_here > 0)
            print_message("%s: %d of %d right, %d unknown; line %d in %s\n",
                          cases[i].name, counts.n_right, counts.n,
                          counts.n_unknown, counts.wrong_line,
                          counts.wrong_function);
        n_wrong += n_wrong_here;
    }
    assert_int_equal(n_wrong, 0);
}

static int init(void **state)
{
    (void)state;
    struct err err = {0};
    loaded_objects_init();
    fault_guard_init();
    if (!code_map_init(&err) || !prototype_self_test() || !vm_line_self_test())
        return -1;
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "begin", begin_traps);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_right_at_every_instruction),
    };
    return cmocka_run_group_tests_name("vm_line", tests, init, NULL);
}
