/* chunk_names.c -- tests of sample/tables/chunk_names.c and chunk_functions.c:
 * which functions a text has, in which lines, and what they are called. Lua
 * itself is the judge of the first two.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "sample/platform/prototype.h"
#include "sample/tables/chunk_functions.h"
#include "sample/tables/chunk_names.h"

static lua_State *L;

/* Compares the functions from `names->functions[*i]` on with a prototype and
 * those inside it. */
static void compare_with_lua(const char *what, const void *prototype,
                             const struct chunk_names *names, uint32_t *i)
{
    if (*i == names->n)
        fail_msg("%s: %u functions are too few", what, names->n);
    int line = prototype_line(prototype);
    if (names->functions[*i].line != line)
        fail_msg("%s: function %u ('%s') is in line %d, not %d", what, *i,
                 names->functions[*i].name, line, names->functions[*i].line);
    ++*i;
    for (uint32_t k = 0; k < prototype_n_inner(prototype); k++)
        compare_with_lua(what, prototype_inner(prototype, k), names, i);
}

/* Fails unless the functions are those that Lua finds in the same text. Ignores
 * a text that Lua does not compile. Returns the number of functions. */
static uint32_t check_text(const char *what, const char *text, size_t n)
{
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, text, n, what, "t") != LUA_OK)
        return 0;
    struct chunk_names names;
    if (!chunk_names_read(&names, what, text, n))
        fail_msg("%s: Lua compiles the text", what);
    uint32_t n_seen = 0;
    compare_with_lua(what, prototype_at(L, -1), &names, &n_seen);
    if (n_seen != names.n)
        fail_msg("%s: Lua has %u functions, not %u", what, n_seen, names.n);
    chunk_names_free(&names);
    return n_seen;
}

/* Expects the names of all functions of `text` behind the main chunk, with
 * spaces between them; `-` stands for no name. */
static void expect_in(const char *source, const char *text, const char *wanted)
{
    struct chunk_names names;
    check_text(source, text, strlen(text));
    assert_true(chunk_names_read(&names, source, text, strlen(text)));
    struct buf got = BUF_INIT;
    for (uint32_t i = 1; i < names.n; i++) {
        const char *name = names.functions[i].name;
        buf_printf(&got, "%s%s", i > 1 ? " " : "", *name ? name : "-");
    }
    assert_string_equal(buf_cstr(&got), wanted);
    assert_string_equal(names.functions[0].name, "");
    assert_int_equal(names.functions[0].line, 0);
    buf_fini(&got);
    chunk_names_free(&names);
}

static void expect(const char *text, const char *wanted)
{
    expect_in("@/srv/data.lua", text, wanted);
}

static void names_are_those_of_the_definition(void **state)
{
    (void)state;
    expect("local function sort(t) end", "data.sort");
    expect("function sort() end", "data.sort");
    expect("local sort = function() end", "data.sort");
    expect("sort = function() end", "data.sort");
    expect("local sort <const> = function() end", "data.sort");
    expect("local a <const>, b <close> = 1, function() end", "data.b");
    expect("other.field = function() end", "other.field");
    expect("function other.deep.name() end", "other.deep.name");
    expect("function Cache:get(key) end", "Cache:get");
    expect("call(function() end)", "-");
    expect("return function() end", "-");
    expect("local f; f = function() end", "data.f");
    expect("local f do f = function() end end", "data.f");
}

static void names_may_stand_in_several_lines(void **state)
{
    (void)state;
    expect("local C = {}\nfunction C\n .weird(n)\nend", "C.weird");
    expect("function\n a --[[of]] . b\n --[==[ not\n ]] ]==] : c () end",
           "a.b:c");
    expect("local function\n\nf\n(\n) end", "data.f");
    expect("x\n.\ny\n=\nfunction\n(\n)\nend", "x.y");
}

static void the_module_that_is_returned_has_its_files_name(void **state)
{
    (void)state;
    expect("local M = {} function M.handler() end M.x = function() end "
           "function M:method() end return M",
           "data.handler data.x data:method");
    expect("local Cache = {} function Cache:get() end function Cache.new() end "
           "return Cache;",
           "Cache:get data.new");
    expect("local M = {} function M.f() return M end return {M}", "M.f");
    expect("local M = {} function M.f() return M end return M -- the end\n\n",
           "data.f");
    expect_in("=templates", "function f() end", "templates.f");
    expect_in("=(load)", "function f() end", "f");
    expect_in("[string \"local M = {}...\"]",
              "local M = {} function M.f() end function g() end return M",
              "M.f g");
}

static void a_function_of_a_table_has_its_key(void **state)
{
    (void)state;
    expect("local t = { run = function() end, stop = function() end }",
           "data.run data.stop");
    expect("t = { [\"run\"] = function() end; ['a b'] = function() end, "
           "[1] = function() end, [x] = function() end }",
           "data.run - #2 #3");
    expect("t = { function() end, 1, function() end }", "- #2");
    expect("t = { a = 1, function() end, b = { c = function() end } }",
           "- data.c");
    expect("t[\"run\"] = function() end t.a['b'].c = function() end "
           "t[i] = function() end t[i + 1] = function() end "
           "t[i + 1].run = function() end",
           "t.run t.a.b.c - #2 data.run");
    expect("t[ [[x]] ] = function() end", "-");
    expect("t['end'], t[''], t['x'] = function() end, function() end, "
           "function() end",
           "- #2 t.x");
}

static void an_assignment_gives_each_value_its_name(void **state)
{
    (void)state;
    expect("local a, b = function() end, function() end", "data.a data.b");
    expect("a, b.c = 1, function() end", "b.c");
    expect("local a = 1, function() end", "-");
    expect("local a, b = f(1, function() end), function() end", "- data.b");
    expect("x = 1 a, b = 2, function() end", "data.b");
    expect("local x, y = a, b c = function() end", "data.c");
    expect("f = f or function() end", "data.f");
    expect("f = c and function() end or function() end", "data.f data.f#2");
    expect("return f or function() end", "-");
    expect("x = 1 return 2, function() end", "-");
    expect("x = (function() end)()", "-");
    expect("x = f { function() end }", "-");
    expect("x = 1; (f or function() end)()", "-");
    expect("for i = 1, 2 do f(function() end) end", "-");
    expect("x = function() local y = 2 end, function() end", "data.x -");
    expect("a, b, c, d, e, f, g, h, i, j = 1, 2, 3, 4, 5, 6, 7, 8, "
           "function() end, function() end",
           "- #2");
}

static void functions_of_one_line_are_told_apart(void **state)
{
    (void)state;
    expect("local function light() end local function heavy() end",
           "data.light data.heavy");
    expect("f(function() end, function() end, function() end)", "- #2 #3");
    expect("local f = function() end f = function() end\nf = function() end",
           "data.f data.f#2 data.f");
    expect("return function() return function() return function() end end end",
           "- #2 #3");
    expect("a = { run = function() end } b = { run = function() end }",
           "data.run data.run#2");
    expect("local function f() local function f() end end", "data.f data.f#2");
}

/* Text that is not code must not be taken for a function. */
static void strings_and_comments_are_skipped(void **state)
{
    (void)state;
    expect("-- function a() end\nlocal s = 'function b() end' "
           "function c() end",
           "data.c");
    expect("--[[ function a() end ]] function b() end", "data.b");
    expect("--[==[ function a()\n ]] ]=] end ]==] function b() end", "data.b");
    expect("local s = [[\nfunction a() end\n]] function b() end", "data.b");
    expect("local s = 'it\\'s\\\nfunction a() end' function b() end", "data.b");
    expect("local s = '\\z  \n  function a() end' function b() end", "data.b");
    expect("local s = \"]]\\\\\" function b() end", "data.b");
    expect("local functional = 1 call(function() end)", "-");
    expect("--[ function a() end\n function b() end", "data.b");
    expect("local n = 0x1p-4 + 3.e2 + .5 + 0xep1 function b() end", "data.b");
    expect("local a = 1--[[]]function b() end", "data.b");
    expect("goto l ::l:: local x = a[b[c]] function b() end", "data.b");
    expect("if a then elseif b then else end while x do break end "
           "repeat local y until y for k in f do end function b() end",
           "data.b");
    expect("local a\r\nlocal b\n\rlocal c\rlocal d\n\n\rfunction b() end",
           "data.b");
}

/* chunk.c of core/script makes a function of the globals of a script. */
static void a_wrapped_script_has_its_own_names(void **state)
{
    (void)state;
    const char *text = CHUNK_HEAD "local M = {}\nfunction M.f() end\n"
                                  "return M\n" CHUNK_TAIL;
    struct chunk_names names;
    assert_true(chunk_names_read(&names, "@data.lua", text, strlen(text)));
    assert_int_equal(names.n, 3);
    assert_int_equal(names.functions[1].line, 0);
    assert_string_equal(names.functions[1].name, "");
    assert_string_equal(names.functions[2].name, "data.f");
    assert_int_equal(names.functions[2].line, 2);
    chunk_names_free(&names);
}

static uint32_t text_of(const char *text, uint32_t i)
{
    struct chunk_names names;
    assert_true(chunk_names_read(&names, "@data.lua", text, strlen(text)));
    assert_true(i < names.n);
    uint32_t hash = names.functions[i].text;
    assert_int_not_equal(hash, 0);
    chunk_names_free(&names);
    return hash;
}

static void a_function_knows_its_own_text(void **state)
{
    (void)state;
    const char *text = "function a() return 1 end function b() end";
    assert_int_equal(text_of(text, 1),
                     text_of("x() function a() return 1 end", 1));
    assert_int_not_equal(text_of(text, 1),
                         text_of("function a() return 2 end", 1));
    assert_int_not_equal(text_of(text, 0),
                         text_of("function a() return 1 end", 0));
    assert_int_equal(text_of(CHUNK_HEAD "f() " CHUNK_TAIL, 1),
                     text_of("f() ", 0));
}

/* What Lua does not compile gives false or any names, and no fault. */
static void a_broken_text_does_no_harm(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "end",
        "end end",
        "function",
        "function (",
        "local function",
        "f(",
        ")",
        "}",
        "]",
        "return function()",
        "x = ",
        "x[",
        "x[1",
        "x['",
        "x[']",
        "'abc",
        "[[abc",
        "--[[",
        "[==",
        "\\",
        "until",
        "a.b.",
        ":",
        "function a.b:",
        "local x <",
        "0x",
        "'\\",
    };
    struct chunk_names names;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        chunk_names_read(&names, "@x.lua", broken[i], strlen(broken[i]));
        chunk_names_free(&names);
    }
    char deep[1000];
    memset(deep, '(', sizeof deep);
    assert_false(chunk_names_read(&names, "@x.lua", deep, sizeof deep));
    /* Each beginning of a text that has everything. */
    const char *text = "local function a.b:c() t = { ['x'] = function() end } "
                       "--[=[ ]=] return [[ ]] .. 'a\\'' end";
    for (size_t n = 0; n < strlen(text); n++) {
        char *copy = malloc(n ? n : 1); /* a sanitizer sees its end */
        memcpy(copy, text, n);
        if (chunk_names_read(&names, "@x.lua", copy, n))
            chunk_names_free(&names);
        free(copy);
    }
}

/* Functions of one line must not take time in proportion to their square. */
static void a_minified_file_is_quick(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct buf text = BUF_INIT;
    for (int i = 0; i < N; i++)
        buf_puts(&text, "f(function()end)");
    struct chunk_names names;
    assert_true(chunk_names_read(&names, "@x.lua", text.data, text.len));
    assert_int_equal(names.n, N + 1);
    assert_string_equal(names.functions[N].name, "#100000");
    chunk_names_free(&names);
    buf_fini(&text);
}

static unsigned n_files;
static uint32_t n_functions;

static int check_file(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    size_t n = strlen(path);
    if (type != FTW_F || n < 4 || strcmp(path + n - 4, ".lua") != 0)
        return 0;
    struct buf text = BUF_INIT;
    struct err err;
    assert_true(file_read(path, &text, &err));
    n_functions += check_text(path, text.data ? text.data : "", text.len);
    n_files++;
    buf_fini(&text);
    return 0;
}

/* The files of this project, or those below $LUA_FILES. */
static void real_files_have_the_functions_that_lua_finds(void **state)
{
    (void)state;
    char path[512];
    const char *below = getenv("LUA_FILES");
    snprintf(path, sizeof path, "%s", below ? below : STRESS_SCRIPT);
    for (int i = 0; !below && i < 3; i++) /* spec/scripts/stress.lua */
        *strrchr(path, '/') = '\0';
    const char *const folders[] = {"lua", "spec", "exporters", "bench"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char folder[600];
        snprintf(folder, sizeof folder, "%s/%s", path, folders[i]);
        if (nftw(below ? below : folder, check_file, 16, FTW_PHYS) != 0)
            fail_msg("%s cannot be read", folder);
    }
    print_message("%u files with %u functions\n", n_files, n_functions);
    assert_true(n_files > 50 && n_functions > 1000);
}

static int set_up(void **state)
{
    (void)state;
    L = luaL_newstate();
    return L && prototype_self_test() ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lua_close(L);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_definition),
        cmocka_unit_test(names_may_stand_in_several_lines),
        cmocka_unit_test(the_module_that_is_returned_has_its_files_name),
        cmocka_unit_test(a_function_of_a_table_has_its_key),
        cmocka_unit_test(an_assignment_gives_each_value_its_name),
        cmocka_unit_test(functions_of_one_line_are_told_apart),
        cmocka_unit_test(strings_and_comments_are_skipped),
        cmocka_unit_test(a_wrapped_script_has_its_own_names),
        cmocka_unit_test(a_function_knows_its_own_text),
        cmocka_unit_test(a_broken_text_does_no_harm),
        cmocka_unit_test(a_minified_file_is_quick),
        cmocka_unit_test(real_files_have_the_functions_that_lua_finds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
