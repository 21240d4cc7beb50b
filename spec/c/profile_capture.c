/* profile_capture.c -- tests of target/profile_capture.c against a server that
 * does what the first part of a path says. Real sockets.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "target/profile_capture.h"
#include "report/profile_section.h"

/* One sample of 7 ns in the function `f`, of type cpu/nanoseconds. */
static const char PROFILE[] = "\x0a\x04\x08\x01\x10\x02"
                              "\x12\x06\x0a\x01\x01\x12\x01\x07"
                              "\x22\x06\x08\x01\x22\x02\x08\x01"
                              "\x2a\x04\x08\x01\x10\x03"
                              "\x32\x00\x32\x03"
                              "cpu\x32\x0bnanoseconds\x32\x01"
                              "f";
#define N_PROFILE (sizeof PROFILE - 1)

/* --- the server: one connection after the other ------------------------- */

#define CROWD 3 /* requests that are answered together, below /crowd */

static int listener;
static int port;
static char paths[64][128];
static atomic_uint n_paths;
static int waiting[64];
static unsigned n_waiting;

static void reply(int fd, const char *status, const char *header,
                  const char *body, size_t n)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nConnection: close\r\n%s"
                          "Content-Length: %zu\r\n\r\n",
                          status, header, n);
    send(fd, head, (size_t)length, MSG_NOSIGNAL);
    send(fd, body, n, MSG_NOSIGNAL);
    close(fd);
}

static void reply_crowd(int fd)
{
    waiting[n_waiting++] = fd;
    if (n_waiting < CROWD)
        return;
    while (n_waiting > 0)
        reply(waiting[--n_waiting], "200 OK", "", PROFILE, N_PROFILE);
}

static void answer(int fd, const char *path)
{
    static const char html[] = "<html>hello</html>";
    static const char no[] = "Unknown profile\nmore";
    if (strncmp(path, "/ok/", 4) == 0 || strncmp(path, "/debug/", 7) == 0)
        reply(fd, "200 OK", "", PROFILE, N_PROFILE);
    else if (strncmp(path, "/crowd/", 7) == 0)
        reply_crowd(fd);
    else if (strncmp(path, "/403/", 5) == 0)
        reply(fd, "403 Forbidden", "", no, sizeof no - 1);
    else if (strncmp(path, "/go404/", 7) == 0)
        reply(fd, "404 Not Found", "X-Go-Pprof: 1\r\n", no, sizeof no - 1);
    else if (strncmp(path, "/html/", 6) == 0)
        reply(fd, "200 OK", "", html, sizeof html - 1);
    else if (strncmp(path, "/stall/", 7) == 0)
        waiting[n_waiting++] = fd;
    else
        close(fd);
}

static void *serve(void *ctx)
{
    int fd;
    char request[1024];
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        size_t n = 0;
        ssize_t got;
        request[0] = '\0';
        while (!strstr(request, "\r\n\r\n") &&
               (got = recv(fd, request + n, sizeof request - 1 - n, 0)) > 0)
            request[n += (size_t)got] = '\0';
        const char *path = paths[n_paths];
        sscanf(request, "GET %127s", paths[n_paths++]);
        answer(fd, path);
    }
    return ctx;
}

static pthread_t server;

static int start_server(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, n) < 0 ||
        listen(listener, 16) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &n) < 0)
        return -1;
    port = ntohs(address.sin_port);
    return pthread_create(&server, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    while (n_waiting > 0)
        close(waiting[--n_waiting]);
    close(listener);
    return 0;
}

/* --- a run ---------------------------------------------------------------- */

struct run {
    uv_loop_t loop;
    uv_timer_t end;
    struct profile_options options;
    struct profile_capture_env env;
    struct profile_capture *capture;
    char dir[64];
    char target[64];
    unsigned n_over;
    unsigned n_looks;
};

static const char *target_of(void *ctx)
{
    const struct run *run = ctx;
    return *run->target ? run->target : NULL;
}

static uint64_t count_requests(void *ctx)
{
    struct run *run = ctx;
    return run->n_looks++ == 0 ? 100 : 250;
}

static void close_end(struct run *run)
{
    if (run->end.loop && !uv_is_closing((uv_handle_t *)&run->end))
        uv_close((uv_handle_t *)&run->end, NULL);
}

/* Nothing is left to wait for: the load need not go on. */
static void on_over(void *ctx)
{
    struct run *run = ctx;
    run->n_over++;
    close_end(run);
}

/* Kinds, and the first part of the path; NULL: there is no URL. */
static void begin(struct run *run, const char *kinds, const char *path)
{
    *run =
        (struct run){.options = PROFILE_OPTIONS_INIT, .dir = "/tmp/cap.XXXXXX"};
    struct err err = {""};
    assert_non_null(mkdtemp(run->dir));
    assert_true(profile_options_kinds(&run->options, kinds, &err));
    run->options.after_ns = 0;
    run->options.seconds = 1;
    if (path)
        snprintf(run->options.url, sizeof run->options.url,
                 "http://127.0.0.1:%d%s", port, path);
    assert_true(profile_options_finish(&run->options, INT64_C(60000000000),
                                       INT64_C(60000000000), &err));
    run->env = (struct profile_capture_env){
        .target = target_of,
        .n_requests = count_requests,
        .over = on_over,
        .ctx = run,
    };
    uv_loop_init(&run->loop);
    n_paths = 0;
    run->capture = profile_capture_new(&run->loop, &run->options, &run->env,
                                       run->dir, &err);
    assert_non_null(run->capture);
}

static void on_load_ended(uv_timer_t *timer)
{
    struct run *run = timer->data;
    profile_capture_load_ended(run->capture);
    close_end(run);
}

/* The load ends after so many ms. */
static void carry_out(struct run *run, uint64_t load_ms)
{
    uv_timer_init(&run->loop, &run->end);
    run->end.data = run;
    profile_capture_start(run->capture);
    uv_update_time(&run->loop);
    uv_timer_start(&run->end, on_load_ended, load_ms, 0);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_true(profile_capture_is_over(run->capture));
    assert_int_equal(run->n_over, 1);
}

static void finish(struct run *run)
{
    char command[128];
    profile_capture_close(run->capture);
    profile_capture_close(run->capture);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&run->loop), 0);
    profile_capture_free(run->capture);
    snprintf(command, sizeof command, "rm -r %s", run->dir);
    assert_int_equal(system(command), 0);
}

static void expect_file(const struct run *run, const char *name)
{
    char path[128], bytes[256];
    snprintf(path, sizeof path, "%s/%s.pb.gz", run->dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), N_PROFILE);
    fclose(file);
    assert_memory_equal(bytes, PROFILE, N_PROFILE);
}

static bool was_asked(const char *path)
{
    for (unsigned i = 0; i < n_paths; i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return false;
}

/* --- tests ------------------------------------------------------------------
 */

/* The server answers when all three are there. */
static void kinds_are_taken_together(void **state)
{
    (void)state;
    struct run run;
    begin(&run, "cpu,heap,goroutine", "/crowd/");
    carry_out(&run, 60000);
    assert_int_equal(profile_capture_n_profiles(run.capture), 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct captured_profile *captured =
            profile_capture_profile(run.capture, i);
        assert_int_equal(captured->state, CAPTURED_DONE);
        assert_int_equal(captured->top.total, 7);
        assert_string_equal(captured->unit, "nanoseconds");
        expect_file(&run, captured->kind->name);
    }
    assert_int_equal(n_paths, 3);
    assert_true(was_asked("/crowd/debug/pprof/profile?seconds=1"));
    assert_true(was_asked("/crowd/debug/pprof/heap?seconds=1"));
    assert_true(was_asked("/crowd/debug/pprof/goroutine"));
    assert_int_equal(profile_capture_n_requests(run.capture), 150);
    finish(&run);
}

static void targets_are_the_default(void **state)
{
    (void)state;
    struct run run;
    begin(&run, "cpu", NULL);
    snprintf(run.target, sizeof run.target, "http://127.0.0.1:%d", port);
    carry_out(&run, 60000);
    assert_true(was_asked("/debug/pprof/profile?seconds=1"));
    finish(&run);
    begin(&run, "cpu", "/ok/debug/pprof/");
    carry_out(&run, 60000);
    assert_true(was_asked("/ok/debug/pprof/profile?seconds=1"));
    finish(&run);
}

static const char *const failures[][2] = {
    {"/403/", "403 Forbidden"},
    {"/go404/", "404 Not Found: Unknown profile"},
    {"/html/", "not a pprof profile: "},
    {"/closed/", "connection closed before a reply"},
};

static void failures_are_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct run run;
        char line[600], expected[128];
        struct buf text = BUF_INIT;
        begin(&run, "cpu", failures[i][0]);
        carry_out(&run, 60000);
        const struct captured_profile *captured =
            profile_capture_profile(run.capture, 0);
        assert_int_equal(captured->state, CAPTURED_FAILED);
        if (strncmp(captured->failure, failures[i][1],
                    strlen(failures[i][1])) != 0)
            fail_msg("%s: %s", failures[i][0], captured->failure);
        snprintf(expected, sizeof expected, "cpu profile: %s", failures[i][1]);
        profile_capture_describe(run.capture, line, sizeof line);
        assert_memory_equal(line, expected, strlen(expected));
        profile_section_write(&text, run.capture, 10);
        assert_non_null(strstr(buf_cstr(&text), expected));
        buf_fini(&text);
        finish(&run);
    }
}

static void refused_connection_is_said(void **state)
{
    (void)state;
    struct run run;
    begin(&run, "wall", NULL);
    strcpy(run.options.url, "http://127.0.0.1:1");
    carry_out(&run, 60000);
    assert_string_equal(profile_capture_profile(run.capture, 0)->failure,
                        "dial: connection refused");
    finish(&run);
}

static void load_that_ends_early_gives_up(void **state)
{
    (void)state;
    struct run run;
    begin(&run, "cpu", "/stall/");
    run.options.seconds = 30;
    carry_out(&run, 150);
    const struct captured_profile *captured =
        profile_capture_profile(run.capture, 0);
    assert_int_equal(captured->state, CAPTURED_FAILED);
    assert_non_null(strstr(captured->failure, "the load ended "));
    assert_non_null(strstr(captured->failure, "s into its 30 s"));
    finish(&run);

    begin(&run, "cpu", "/ok/");
    run.options.after_ns = INT64_C(40000000000);
    carry_out(&run, 50);
    assert_string_equal(
        profile_capture_profile(run.capture, 0)->failure,
        "the load ended before the window began, 40 s after the "
        "start");
    assert_int_equal(n_paths, 0);
    finish(&run);

    begin(&run, "cpu", NULL);
    carry_out(&run, 50);
    assert_string_equal(profile_capture_profile(run.capture, 0)->failure,
                        "the run sent no request, so the target is unknown");
    finish(&run);
}

static void close_midway_is_silent(void **state)
{
    (void)state;
    struct run run;
    begin(&run, "cpu,heap", "/stall/");
    profile_capture_start(run.capture);
    while (n_paths < 2) { /* until the server has both requests */
        uv_run(&run.loop, UV_RUN_NOWAIT);
        usleep(2000);
    }
    finish(&run);
    assert_int_equal(run.n_over, 0);
    begin(&run, "cpu", "/ok/"); /* and before the start */
    finish(&run);
}

static void folders_are_checked_before(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct profile_options options = PROFILE_OPTIONS_INIT;
    struct profile_capture_env env = {0};
    struct err err = {""};
    uv_loop_init(&loop);
    assert_null(
        profile_capture_new(&loop, &options, &env, "/proc/none/x", &err));
    assert_string_equal(err.message, "cannot make the folder '/proc/none/x': "
                                     "No such file or directory");
    uv_loop_close(&loop);
}

/* A file is in the way: the profile is shown all the same. */
static void unsaved_profiles_are_shown(void **state)
{
    (void)state;
    struct run run;
    struct buf text = BUF_INIT;
    char path[128];
    begin(&run, "cpu", "/ok/");
    snprintf(path, sizeof path, "mkdir %s/cpu.pb.gz", run.dir);
    assert_int_equal(system(path), 0);
    carry_out(&run, 60000);
    profile_section_write(&text, run.capture, 10);
    assert_non_null(strstr(buf_cstr(&text), "cpu.pb.gz: Is a directory"));
    assert_non_null(strstr(buf_cstr(&text), "100.0%  f\n"));
    buf_fini(&text);
    finish(&run);
}

static void thresholds_are_answered(void **state)
{
    (void)state;
    struct run run;
    struct profile_answer answer;
    struct profile_question question = {"profile_cpu", "f", NULL, "share"};
    struct err err = {""};
    begin(&run, "cpu,heap", "/ok/");
    assert_false(
        profile_capture_evaluate(run.capture, &question, &answer, &err));
    assert_string_equal(err.message, "cpu profile: not taken yet");
    carry_out(&run, 60000);
    assert_true(
        profile_capture_evaluate(run.capture, &question, &answer, &err));
    assert_true(answer.value == 1);
    question.metric = "profile_wall";
    assert_false(
        profile_capture_evaluate(run.capture, &question, &answer, &err));
    assert_string_equal(err.message,
                        "'profile_wall' needs a profile of kind wall: name it "
                        "in options.profile.kinds or --profile");
    question = (struct profile_question){"profile_alloc_bytes", NULL, NULL,
                                         "per_request"};
    assert_false(
        profile_capture_evaluate(run.capture, &question, &answer, &err));
    assert_string_equal(err.message,
                        "the profile has no values of type 'alloc_space'");
    finish(&run);
    begin(&run, "cpu", "/403/");
    carry_out(&run, 60000);
    question = (struct profile_question){"profile_cpu", "f", NULL, "share"};
    assert_false(
        profile_capture_evaluate(run.capture, &question, &answer, &err));
    assert_string_equal(err.message, "cpu profile: 403 Forbidden");
    finish(&run);
}

static void section_has_table_and_json(void **state)
{
    (void)state;
    struct run run;
    struct buf text = BUF_INIT, members = BUF_INIT;
    struct json_writer json = {.out = &members, .is_spaced = true};
    char expected[512];
    begin(&run, "cpu,goroutine", "/ok/");
    profile_section_write_json(&json, run.capture);
    assert_non_null(strstr(buf_cstr(&members), "\"window\": null"));
    carry_out(&run, 60000);
    profile_section_write(&text, run.capture, 10);
    snprintf(
        expected, sizeof expected,
        "    PROFILES\n"
        "    cpu: 7ns in 1 s from 0.0 s on, saved as %s/cpu.pb.gz\n"
        "            FLAT   FLAT%%         CUM    CUM%%   SHARE  FUNCTION\n"
        "             7ns  100.0%%         7ns  100.0%%  100.0%%  f\n"
        "    goroutine: 7ns at 0.0 s, saved as",
        run.dir);
    assert_memory_equal(buf_cstr(&text), expected, strlen(expected));
    profile_section_write_json(&json, run.capture);
    assert_non_null(strstr(
        buf_cstr(&members),
        "cpu.pb.gz\", \"type\": \"cpu\", \"unit\": \"nanoseconds\", \"total\": "
        "7, \"functions\": [{\"name\": \"f\", \"flat\": 7, \"own\": 7, "
        "\"cum\": 7}], \"endpoints\": {}}"));
    assert_non_null(strstr(buf_cstr(&members), "\"requests\": 150}"));
    buf_fini(&text);
    buf_fini(&members);
    finish(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_taken_together),
        cmocka_unit_test(targets_are_the_default),
        cmocka_unit_test(failures_are_said),
        cmocka_unit_test(refused_connection_is_said),
        cmocka_unit_test(load_that_ends_early_gives_up),
        cmocka_unit_test(close_midway_is_silent),
        cmocka_unit_test(folders_are_checked_before),
        cmocka_unit_test(unsaved_profiles_are_shown),
        cmocka_unit_test(thresholds_are_answered),
        cmocka_unit_test(section_has_table_and_json),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
