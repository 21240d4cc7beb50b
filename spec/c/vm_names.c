/* vm_names.c -- tests of sample/build/vm_names.c: what a Lua function is called
 * in a profile, and whether its file has changed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/profile.h"
#include "sample/tables/chunk_names.h"
#include "sample/tables/vm_functions.h"
#include "sample/build/vm_names.h"

static char directory[] = "/tmp/perilune-names.XXXXXX";
static char path[128], source[160];

static const char old_text[] = "local M = {}\n"
                               "function M.first() return 1 end\n"
                               "function M.second() return 2 end\n"
                               "return M\n";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/data.lua", directory);
    snprintf(source, sizeof source, "@%s", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void expect_name(const struct vm_function *function,
                        const char *expected, const char *expected_file)
{
    char name[256], file[512];
    struct vm_names *names = vm_names_new();
    vm_names_get(names, function, name, sizeof name, file, sizeof file);
    assert_string_equal(name, expected);
    assert_string_equal(file, expected_file);
    vm_names_free(names);
}

/* The name is the record's, whatever the file says. */
static void names_are_those_of_the_record(void **state)
{
    (void)state;
    write_file("function other() end\n");
    struct vm_function f = {
        .source = source, .name = "data.sort", .line_defined = 1};
    expect_name(&f, "data.sort", path);
    f.name = "";
    expect_name(&f, "anonymous@data.lua:1", path);
    f.name = "#2";
    expect_name(&f, "anonymous@data.lua:1#2", path);
    f.line_defined = 0;
    f.name = "";
    expect_name(&f, "main@data.lua", path);
    f.name = NULL;
    expect_name(&f, "main@data.lua", path);
    f.line_defined = 1;
    expect_name(&f, "anonymous@data.lua:1", path);
}

static void a_chunk_that_is_no_file_keeps_its_name(void **state)
{
    (void)state;
    struct vm_function f = {.source = "[string \"return 1\"]"};
    expect_name(&f, "main@[string \"return 1\"]", "[string \"return 1\"]");
    f = (struct vm_function){.source = "=stdin", .name = "", .line_defined = 4};
    expect_name(&f, "anonymous@stdin:4", "stdin");
}

/* Returns the comments on a profile with all functions of `old_text`, each
 * asked for twice, separated by line ends. The caller frees it. */
static char *comments(const char *loaded)
{
    char name[256], file[512];
    struct chunk_names old;
    assert_true(chunk_names_read(&old, source, loaded, strlen(loaded)));
    struct vm_function *functions = calloc(old.n, sizeof *functions);
    struct vm_names *names = vm_names_new();
    for (uint32_t i = 0; i < 2 * old.n; i++) {
        const struct chunk_name *from = &old.functions[i % old.n];
        struct vm_function *f = &functions[i % old.n];
        *f = (struct vm_function){.source = source,
                                  .name = from->name,
                                  .line_defined = from->line,
                                  .text = from->text};
        vm_names_get(names, f, name, sizeof name, file, sizeof file);
    }
    struct profile *profile = profile_new();
    vm_names_add_comments(names, profile);
    char *all = calloc(1, 4096);
    for (uint32_t i = 0; i < profile_n_comments(profile); i++) {
        strcat(all, profile_get_string(profile, profile_get_comment(profile, i),
                                       NULL));
        strcat(all, "\n");
    }
    profile_free(profile);
    vm_names_free(names);
    chunk_names_free(&old);
    free(functions);
    return all;
}

static void expect_comment(const char *loaded, const char *state, int n)
{
    char *got = comments(loaded), expected[512] = "";
    if (state)
        snprintf(expected, sizeof expected,
                 "%s %s: functions of this profile that are not in it: %d; "
                 "their names and lines are those of the text that was loaded, "
                 "and source listings show other text\n",
                 path, state, n);
    assert_string_equal(got, expected);
    free(got);
}

static void a_file_that_has_changed_is_told(void **state)
{
    (void)state;
    const char *changed = "has changed since it was loaded";
    write_file(old_text);
    expect_comment(old_text, NULL, 0);
    /* The main chunk and the function. */
    write_file("local M = {}\n"
               "function M.first() return 1 end\n"
               "function M.second() return 22 end\n"
               "return M\n");
    expect_comment(old_text, changed, 2);
    write_file("local M = {}\n"
               "\n"
               "function M.first() return 1 end\n"
               "function M.second() return 2 end\n"
               "return M\n");
    expect_comment(old_text, changed, 3);
    write_file("local M = {}\n"
               "function M.other() return 1 end\n"
               "function M.second() return 2 end\n"
               "return M\n");
    expect_comment(old_text, changed, 2);
    write_file("this is no Lua end");
    expect_comment(old_text, changed, 3);
    unlink(path);
    expect_comment(old_text, "cannot be read any more", 3);
}

/* A mark of UTF-8 and a first line with # are not part of what Lua loads. */
static void the_start_that_lua_skips_is_no_change(void **state)
{
    (void)state;
    write_file("\xEF\xBB\xBF"
               "return 1\n");
    expect_comment("return 1\n", NULL, 0);
    write_file("#!/usr/bin/env perilune\nreturn 1\n");
    expect_comment("\nreturn 1\n", NULL, 0);
    write_file("\xEF\xBB\xBF# text\nreturn 1\n");
    expect_comment("\nreturn 1\n", NULL, 0);
}

static void functions_without_a_record_are_told(void **state)
{
    (void)state;
    char name[256], file[512];
    struct vm_function f = {.source = source, .line_defined = 3};
    struct vm_function main_chunk = {.source = "[string \"x\"]"};
    struct vm_names *names = vm_names_new();
    vm_names_get(names, &f, name, sizeof name, file, sizeof file);
    vm_names_get(names, &main_chunk, name, sizeof name, file, sizeof file);
    struct profile *profile = profile_new();
    vm_names_add_comments(names, profile);
    assert_int_equal(profile_n_comments(profile), 1);
    assert_non_null(strstr(
        profile_get_string(profile, profile_get_comment(profile, 0), NULL),
        "functions known by file and line only: 1;"));
    profile_free(profile);
    vm_names_free(names);
}

/* A chunk may have any name: one that is a pipe's must not be waited for. */
static void reads_files_only(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(5);
    expect_comment("return 1\n", "cannot be read any more", 1);
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_record),
        cmocka_unit_test(a_chunk_that_is_no_file_keeps_its_name),
        cmocka_unit_test(a_file_that_has_changed_is_told),
        cmocka_unit_test(the_start_that_lua_skips_is_no_change),
        cmocka_unit_test(functions_without_a_record_are_told),
        cmocka_unit_test(reads_files_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
