/* vm_names.c -- tests of build/vm_names.c: what a Lua function is called. */
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

#include "sample/tables/vm_functions.h"
#include "sample/build/vm_names.h"

static char directory[] = "/tmp/perilune-names.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
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
    write_file("data.lua", "local M = {}\n"
                           "local function sort_rows(t) end\n"
                           "function M.handler(req) end\n"
                           "M.render = function() end\n"
                           "local group = function(a) end\n"
                           "function helper() end\n"
                           "function M:method() end\n"
                           "other.field = function() end\n"
                           "call(function() end)\n"
                           "local t = { inner = function() end }\n"
                           "local functional = 1 call(function() end)\n"
                           "function other.deep.name() end\n"
                           "return M\n");
    write_file("cache.lua", "local Cache = {}\n"
                            "function Cache:get(key) end\n"
                            "function Cache.new() end\n"
                            "return Cache\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/data.lua", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/cache.lua", directory);
    unlink(path);
    return rmdir(directory);
}

static void expect(const char *file_name, int line, const char *expected)
{
    char source[160], path[128], name[256], file[512];
    snprintf(path, sizeof path, "%s/%s", directory, file_name);
    snprintf(source, sizeof source, "@%s", path);
    struct vm_names *names = vm_names_new();
    struct vm_function function = {NULL, source, line};
    vm_names_get(names, &function, name, sizeof name, file, sizeof file);
    assert_string_equal(name, expected);
    assert_string_equal(file, path);
    vm_names_free(names);
}

static void functions_are_named_as_a_person_would(void **state)
{
    (void)state;
    expect("data.lua", 0, "main@data.lua");
    expect("data.lua", 2, "data.sort_rows");
    expect("data.lua", 3, "data.handler");
    expect("data.lua", 4, "data.render");
    expect("data.lua", 5, "data.group");
    expect("data.lua", 6, "data.helper");
    expect("data.lua", 7, "data:method");
    expect("data.lua", 8, "other.field");
    expect("data.lua", 9, "anonymous@data.lua:9");
    expect("data.lua", 10, "data.inner");
    expect("data.lua", 11, "anonymous@data.lua:11");
    expect("data.lua", 12, "other.deep.name");
    expect("cache.lua", 2, "Cache:get");
    expect("cache.lua", 3, "cache.new");
}

static void a_missing_file_or_line_gives_a_name_still(void **state)
{
    (void)state;
    expect("data.lua", 99, "anonymous@data.lua:99");
    expect("gone.lua", 3, "anonymous@gone.lua:3");
}

static void a_chunk_that_is_no_file_keeps_its_name(void **state)
{
    (void)state;
    char name[256], file[512];
    struct vm_names *names = vm_names_new();
    struct vm_function function = {NULL, "[string \"return 1\"]", 0};
    vm_names_get(names, &function, name, sizeof name, file, sizeof file);
    assert_string_equal(name, "main@[string \"return 1\"]");
    function = (struct vm_function){NULL, "=stdin", 4};
    vm_names_get(names, &function, name, sizeof name, file, sizeof file);
    assert_string_equal(name, "anonymous@stdin:4");
    assert_string_equal(file, "stdin");
    vm_names_free(names);
}

/* A chunk may have any name: one that is a pipe's must not be waited for. */
static void reads_files_only(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/fifo", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(5);
    expect("fifo", 2, "anonymous@fifo:2");
    alarm(0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_named_as_a_person_would),
        cmocka_unit_test(a_missing_file_or_line_gives_a_name_still),
        cmocka_unit_test(a_chunk_that_is_no_file_keeps_its_name),
        cmocka_unit_test(reads_files_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
