/* export_queue.c -- tests of export/export_queue.c: exporters written by the
 * test, on a profile with one sample. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export/export_queue.h"
#include "profile/profile.h"

static char dir[] = "/tmp/perilune-queue.XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* An exporter NAME.lua with that body of export(profile, out, options). */
static void write_exporter(const char *name, const char *body)
{
    char file[64], text[2048];
    snprintf(file, sizeof file, "%s.lua", name);
    snprintf(text, sizeof text,
             "return { api = 1, name = '%s', extension = '.txt',\n"
             "content_type = 'text/plain', description = 'a test',\n"
             "export = function(profile, out, options)\n%s\nend }\n",
             name, body);
    write_file(file, text);
}

static void remove_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static int set_up(void **state)
{
    const char *dirs[] = {catalog_default_dir(), dir, NULL};
    struct err err = {0};
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    *state = export_queue_new(dirs, &err);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const FILES[] = {"a.lua", "b.lua", "part.lua"};
    export_queue_free(*state);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        remove_file(FILES[i]);
    return rmdir(dir);
}

static struct profile *one_sample(void)
{
    struct profile *p = profile_new();
    assert_non_null(p);
    profile_add_sample_type(p, "samples", "count");
    struct profile_function f = {.name = profile_string(p, "main", 4)};
    struct profile_line line = {.function = profile_add_function(p, &f)};
    struct profile_location l = {.lines = &line, .n_lines = 1};
    uint32_t stack[] = {profile_add_location(p, &l)};
    int64_t values[] = {3};
    struct profile_sample s = {stack, 1, NULL, 0, values};
    profile_add_sample(p, &s);
    assert_false(profile_failed(p));
    return p;
}

static void assert_exports(struct export_queue *queue, const char *name,
                           const char *options, const char *expected)
{
    struct buf bytes = BUF_INIT;
    struct export_info info;
    struct err err = {0};
    if (!export_queue_wait(queue, name, options, one_sample(), &bytes, &info,
                           &err))
        fail_msg("%s", err.message);
    assert_string_equal(buf_cstr(&bytes), expected);
    assert_string_equal(info.name, name);
    buf_fini(&bytes);
}

static void assert_fails(struct export_queue *queue, const char *name,
                         const char *expected)
{
    struct buf bytes = BUF_INIT;
    struct export_info info;
    struct err err = {0};
    assert_false(export_queue_wait(queue, name, NULL, one_sample(), &bytes,
                                   &info, &err));
    if (!strstr(err.message, expected))
        fail_msg("'%s' is not '%s'", err.message, expected);
    assert_int_equal(bytes.len, 0);
    buf_fini(&bytes);
}

static void exports(void **state)
{
    assert_exports(*state, "folded", NULL, "main 3\n");
    assert_exports(*state, "folded", "sample_index=samples&x", "main 3\n");
}

static void passes_options_on(void **state)
{
    write_exporter("a", "out:write(options.x, options.y, "
                        "tostring(options.z), tostring(options.flag))");
    assert_exports(*state, "a", "x=1&flag&y=a=b", "1a=bniltrue");
}

static void uses_a_file_as_it_is_now(void **state)
{
    assert_fails(*state, "a", "unknown format 'a': there are folded,");
    write_exporter("a", "out:write 'first'");
    assert_exports(*state, "a", NULL, "first");
    write_exporter("a", "out:write((require 'part'))");
    write_file("part.lua", "return 'second'");
    assert_exports(*state, "a", NULL, "second");
    write_file("part.lua", "return 'third'");
    assert_exports(*state, "a", NULL, "third");
    write_file("a.lua", "return nothing.here");
    assert_fails(*state, "a", "exporter 'a.lua': ");
    assert_exports(*state, "folded", NULL, "main 3\n");
    remove_file("a.lua");
    assert_fails(*state, "a", "unknown format 'a'");
}

static void finds_the_programs_modules(void **state)
{
    write_exporter("a", "out:write(type(require 'lib.values'.index))");
    assert_exports(*state, "a", NULL, "function");
}

static void keeps_exporters_apart(void **state)
{
    write_exporter("a",
                   "out:write(tostring(left)) left = 'over' string.len = 1");
    write_exporter("b", "out:write(tostring(left), string.len 'ab')");
    assert_exports(*state, "a", NULL, "nil");
    assert_exports(*state, "a", NULL, "nil");
    assert_exports(*state, "b", NULL, "nil2");
}

static void goes_on_after_an_error(void **state)
{
    write_exporter("a", "out:write 'half' error 'oh'");
    assert_fails(*state, "a", "a.lua:4: oh");
    write_exporter("a", "error(setmetatable({}, { __tostring = error }))");
    assert_fails(*state, "a", "");
    write_exporter("a", "profile:location(2)");
    assert_fails(*state, "a", "location ids are 1 to 1, got 2");
    write_exporter("a", "out:write {}");
    assert_fails(*state, "a", "string expected, got table");
    assert_exports(*state, "folded", NULL, "main 3\n");
}

/* C still holds what Lua has let go. */
static void survives_a_collection(void **state)
{
    write_exporter("a", "out:write 'x'\nprofile, out, options = nil\n"
                        "for i = 1, 3 do collectgarbage() end");
    assert_exports(*state, "a", NULL, "x");
}

static void closes_the_profile(void **state)
{
    write_exporter("a", "setmetatable({}, { __gc = function()\n"
                        "  ok, why = pcall(profile.header, profile)\n"
                        "  if ok then os.exit(3) end\n"
                        "end })");
    assert_exports(*state, "a", NULL, "");
}

static void checks_fields_protected(void **state)
{
    write_file("a.lua",
               "return setmetatable({}, { __index = function(_, name)\n"
               "  error('no ' .. name)\nend })");
    assert_fails(*state, "a", "a.lua:2: no api");
    write_file("a.lua", "return { api = setmetatable({}, "
                        "{ __tostring = function() error 'oh' end }) }");
    assert_fails(*state, "a", "exporter 'a.lua': ");
}

/* A loop while the file loads ends after a second, pcall or not. */
static void ends_a_loop(void **state)
{
    write_file("a.lua", "while true do end");
    assert_fails(*state, "a", "it took too long");
    write_file("a.lua", "local function loop() while true do end end\n"
                        "while true do pcall(pcall, loop) end");
    assert_fails(*state, "a", "it took too long");
    write_file("a.lua", "local function loop() while true do end end\n"
                        "coroutine.wrap(loop)()");
    assert_fails(*state, "a", "it took too long");
    assert_exports(*state, "folded", NULL, "main 3\n");
}

static void refuses_a_name_twice(void **state)
{
    write_exporter("a", "out:write 'a'");
    write_file("b.lua", "return { api = 1, name = 'a', extension = '.b',\n"
                        "content_type = 'text/plain', description = 'b',\n"
                        "export = function(_, out) out:write 'b' end }");
    struct export_info *infos;
    struct err err = {0};
    size_t n, n_works = 0, n_refused = 0;
    assert_true(export_queue_list(*state, &infos, &n, &err));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(infos[i].name, "a") != 0)
            continue;
        bool refused = strstr(infos[i].problem, "has the name 'a' already");
        n_refused += refused;
        n_works += !infos[i].problem[0];
    }
    free(infos);
    assert_int_equal(n_works, 1);
    assert_int_equal(n_refused, 1);
    assert_exports(*state, "a", NULL, "a");
    remove_file("a.lua");
    assert_exports(*state, "a", NULL, "b");
}

/* ---- threads */

enum { N_THREADS = 4, N_EXPORTS = 25 };

static void *export_many(void *queue)
{
    for (int i = 0; i < N_EXPORTS; i++) {
        struct buf bytes = BUF_INIT;
        struct export_info info;
        struct err err = {0};
        if (!export_queue_wait(queue, "folded", NULL, one_sample(), &bytes,
                               &info, &err) ||
            strcmp(buf_cstr(&bytes), "main 3\n") != 0)
            return queue;
        buf_fini(&bytes);
    }
    return NULL;
}

static void serves_many_threads(void **state)
{
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, export_many, *state),
                         0);
    for (int i = 0; i < N_THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

static struct profile *source(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err;
    return one_sample();
}

static void count_done(void *ctx, struct buf *bytes,
                       const struct export_info *info, const struct err *err)
{
    (void)info;
    (void)err;
    *(int *)ctx += bytes ? 1 : 1000;
}

/* Jobs that are queued when the queue is freed are done, not dropped. */
static void finishes_the_queue(void **state)
{
    const char *dirs[] = {catalog_default_dir(), NULL};
    struct err err = {0};
    int n_done = 0;
    (void)state;
    struct export_queue *queue = export_queue_new(dirs, &err);
    assert_non_null(queue);
    for (int i = 0; i < 20; i++)
        export_queue_run(queue, "folded", NULL, source, count_done, &n_done);
    export_queue_free(queue);
    assert_int_equal(n_done, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exports),
        TEST(passes_options_on),
        TEST(uses_a_file_as_it_is_now),
        TEST(finds_the_programs_modules),
        TEST(keeps_exporters_apart),
        TEST(goes_on_after_an_error),
        TEST(survives_a_collection),
        TEST(closes_the_profile),
        TEST(checks_fields_protected),
        TEST(ends_a_loop),
        TEST(refuses_a_name_twice),
        TEST(serves_many_threads),
        cmocka_unit_test(finishes_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
