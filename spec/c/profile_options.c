/* profile_options.c -- tests of target/profile_options.c: what it reads, what
 * it fills in, and what it refuses, in which words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

#include "target/profile_options.h"

#define SECOND INT64_C(1000000000)

static lua_State *L;

static int open_lua(void **state)
{
    (void)state;
    L = luaL_newstate();
    return L ? 0 : -1;
}

static int close_lua(void **state)
{
    (void)state;
    lua_close(L);
    return 0;
}

static bool wants(const struct profile_options *options,
                  const struct profile_kind *kind)
{
    return options->wants[profile_kind_id(kind)];
}

static bool read(struct profile_options *options, const char *text,
                 struct err *err)
{
    *options = PROFILE_OPTIONS_INIT;
    lua_pushfstring(L, "return %s", text);
    assert_int_equal(luaL_dostring(L, lua_tostring(L, -1)), LUA_OK);
    bool ok = profile_options_read(options, L, -1, err);
    assert_int_equal(lua_gettop(L), 2);
    lua_settop(L, 0);
    return ok;
}

static void all_fields_are_read(void **state)
{
    (void)state;
    struct profile_options options;
    struct err err = {""};
    assert_true(read(&options,
                     "{ kinds = { 'cpu', 'heap' }, after = '1m10s', "
                     "seconds = 7, top = 3, url = 'http://h:1/x' }",
                     &err));
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        assert_int_equal(options.wants[id],
                         profile_kinds[id] == &profile_kind_cpu ||
                             profile_kinds[id] == &profile_kind_heap);
    assert_int_equal(options.after_ns, 70 * SECOND);
    assert_int_equal(options.seconds, 7);
    assert_int_equal(options.top, 3);
    assert_string_equal(options.url, "http://h:1/x");
    assert_true(read(&options, "{ kinds = { 'wall' }, after = 1500 }", &err));
    assert_int_equal(options.after_ns, SECOND * 3 / 2);
}

static const char *const refused[][2] = {
    {"'cpu'", "options.profile must be a table"},
    {"{}", "options.profile.kinds is missing"},
    {"{ seconds = 3 }", "options.profile.kinds is missing"},
    {"{ kinds = 'cpu' }", "options.profile.kinds must be a list such as"},
    {"{ kinds = {} }", "options.profile.kinds must be a list such as"},
    {"{ kinds = { 1 } }", "got 1"},
    {"{ kinds = { 'cpu', 'gpu' } }",
     "options.profile.kinds: unknown kind of profile 'gpu'; known are cpu, "
     "heap, allocs, wall, block, mutex, goroutine, threadcreate"},
    {"{ kinds = { 'cpu' }, after = 'soon' }",
     "options.profile.after must be a duration such as \"10s\", \"1m30s\" or "
     "\"500ms\", got 'soon'"},
    {"{ kinds = { 'cpu' }, after = -1 }", "got -1"},
    {"{ kinds = { 'cpu' }, after = true }", "got a boolean"},
    {"{ kinds = { 'cpu' }, seconds = 0 }",
     "options.profile.seconds must be a whole number from 1 to 3600, got 0"},
    {"{ kinds = { 'cpu' }, seconds = 1.5 }", "got 1.5"},
    {"{ kinds = { 'cpu' }, seconds = '5' }", "got '5'"},
    {"{ kinds = { 'cpu' }, top = 1001 }",
     "options.profile.top must be a whole number from 1 to 1000, got 1001"},
    {"{ kinds = { 'cpu' }, url = 1 }", "options.profile.url must be a URL"},
    {"{ kinds = { 'cpu' }, url = 'gopher://x' }",
     "options.profile.url: invalid URL 'gopher://x'"},
    {"{ kinds = { 'cpu' }, url = 'http://x/?a' }", "must end with the host"},
    {"{ kinds = { 'cpu' }, kind = 1 }",
     "options.profile: unknown field 'kind'; known are kinds, after, seconds, "
     "top, url"},
    {"{ 'cpu' }", "unknown field '?'"},
};

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct profile_options options;
        struct err err = {""};
        assert_false(read(&options, refused[i][0], &err));
        if (!strstr(err.message, refused[i][1]))
            fail_msg("%s: %s", refused[i][0], err.message);
    }
}

static void lists_of_the_command_line(void **state)
{
    (void)state;
    struct profile_options options = PROFILE_OPTIONS_INIT;
    struct err err = {""};
    assert_true(profile_options_kinds(&options, "mutex,cpu", &err));
    assert_true(wants(&options, &profile_kind_cpu) &&
                wants(&options, &profile_kind_mutex));
    assert_true(profile_options_kinds(&options, "heap", &err));
    assert_false(wants(&options, &profile_kind_cpu));
    static const char *const bad[] = {"",         "cpu,", "cpu,,heap",
                                      "cpu heap", "CPU",  "cp"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(profile_options_kinds(&options, bad[i], &err));
        assert_non_null(strstr(err.message, "known are cpu, heap"));
    }
}

static void what_is_given_later_wins(void **state)
{
    (void)state;
    struct profile_options options, with = PROFILE_OPTIONS_INIT;
    struct err err = {""};
    assert_true(read(&options,
                     "{ kinds = { 'heap' }, after = '3s', seconds = 7, "
                     "url = 'http://a' }",
                     &err));
    profile_options_override(&options, &with);
    assert_int_equal(options.after_ns, 3 * SECOND);
    assert_int_equal(options.seconds, 7);
    assert_true(wants(&options, &profile_kind_heap));
    with.after_ns = 0;
    with.seconds = 2;
    assert_true(profile_options_kinds(&with, "cpu", &err));
    assert_true(profile_options_url(&with, "http://b", &err));
    profile_options_override(&options, &with);
    assert_int_equal(options.after_ns, 0);
    assert_int_equal(options.seconds, 2);
    assert_true(wants(&options, &profile_kind_cpu) &&
                !wants(&options, &profile_kind_heap));
    assert_string_equal(options.url, "http://b");
}

static const struct {
    int64_t run_ms, sure_ms;
    int64_t after_ms, seconds; /* given */
    int64_t expected_after_ms, expected_seconds;
} windows[] = {
    {30000, 30000, -1, 0, 10000, 10},
    {10000, 10000, -1, 0, 2500, 5},
    {60000, 60000, -1, 0, 10000, 10},
    {2500, 2500, -1, 0, 750, 1},
    {1000, 1000, -1, 0, 0, 1},
    {30000, 30000, 15000, 0, 15000, 7},
    {30000, 30000, -1, 28, 1000, 28},
    {30000, 30000, 20000, 10, 20000, 10},
    /* iterations only */
    {600000, 0, -1, 0, 0, 5},
    {600000, 0, 1000, 0, 1000, 5},
    /* iterations beside what has a length */
    {600000, 10000, -1, 0, 2500, 5},
    {600000, 60000, -1, 0, 10000, 10},
    {600000, 500, -1, 0, 0, 1},
    {600000, 10000, 4000, 0, 4000, 3},
    {600000, 10000, -1, 20, 0, 20},
    {600000, 10000, 12000, 0, 12000, 5},
    {600000, 10000, 9500, 0, 9500, 5},
};

static void windows_lie_within_the_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct profile_options options = PROFILE_OPTIONS_INIT;
        struct err err = {""};
        options.wants[profile_kind_id(&profile_kind_cpu)] = true;
        if (windows[i].after_ms >= 0)
            options.after_ns = windows[i].after_ms * 1000000;
        options.seconds = windows[i].seconds;
        if (!profile_options_finish(&options, windows[i].run_ms * 1000000,
                                    windows[i].sure_ms * 1000000, &err))
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(options.after_ns,
                         windows[i].expected_after_ms * 1000000);
        assert_int_equal(options.seconds, windows[i].expected_seconds);
        assert_int_equal(options.top, 10);
    }
}

static void windows_beyond_the_run_are_refused(void **state)
{
    (void)state;
    struct err err = {""};
    struct profile_options options = PROFILE_OPTIONS_INIT;
    options.wants[profile_kind_id(&profile_kind_cpu)] = true;
    options.after_ns = 5 * SECOND;
    options.seconds = 10;
    assert_false(
        profile_options_finish(&options, 12 * SECOND, 12 * SECOND, &err));
    assert_string_equal(err.message, "profile: 10 s that begin after 5 s do "
                                     "not fit into a run of 12 s");
    options = PROFILE_OPTIONS_INIT;
    options.wants[profile_kind_id(&profile_kind_cpu)] = true;
    assert_false(
        profile_options_finish(&options, SECOND / 2, SECOND / 2, &err));
    options = PROFILE_OPTIONS_INIT;
    assert_true(profile_options_finish(&options, SECOND / 2, SECOND / 2, &err));
    options.seconds = 3;
    assert_false(
        profile_options_finish(&options, 30 * SECOND, 30 * SECOND, &err));
    assert_non_null(strstr(err.message, "no kinds of profiles are given"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(lists_of_the_command_line),
        cmocka_unit_test(what_is_given_later_wins),
        cmocka_unit_test(windows_lie_within_the_run),
        cmocka_unit_test(windows_beyond_the_run_are_refused),
    };
    return cmocka_run_group_tests(tests, open_lua, close_lua);
}
