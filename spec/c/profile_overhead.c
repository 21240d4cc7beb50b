/* profile_overhead.c -- tests of target/profile_overhead.c: a target whose
 * profiler costs it a known part of its rate.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/profile_overhead.h"

/* --- the target: answers a profile when it has been taken for so long ------
 */

static int listener;
static int port;
static atomic_int profiling;
static unsigned profile_ms;
static const char *status_line;

static void *serve(void *ctx)
{
    int fd;
    char request[1024], reply[128];
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (recv(fd, request, sizeof request, 0) > 0) {
            profiling = 1;
            usleep(profile_ms * 1000); /* the time that the profile takes */
            profiling = 0;
            int n = snprintf(reply, sizeof reply,
                             "HTTP/1.1 %s\r\nConnection: close\r\n"
                             "Content-Length: 1\r\n\r\nx",
                             status_line);
            send(fd, reply, (size_t)n, MSG_NOSIGNAL);
        }
        close(fd);
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
    close(listener);
    return 0;
}

/* --- the load: 10,000 a second of 1 ms, or 8,000 of 2 ms under a profile ----
 */

#define ENOUGH 9 /* pairs */

struct run {
    uv_loop_t loop;
    uv_timer_t end, work;
    struct profile_overhead_env env;
    struct profile_overhead *overhead;
    struct histogram duration;
    uint64_t n_requests;
    int64_t last_ns;
    double carry; /* part of a request */
    char url[64];
};

static const struct profile_overhead_times quick = {
    .warm_up = 20, .settle = 20, .measure = 60, .profile_seconds = 1};

static void work(struct run *run)
{
    int64_t now_ns = clock_mono_ns();
    double n = run->carry + (double)(now_ns - run->last_ns) / 1e9 *
                                (profiling ? 8000 : 10000);
    for (; n >= 1; n--, run->n_requests++)
        histogram_record(&run->duration, profiling ? 2 : 1);
    run->carry = n;
    run->last_ns = now_ns;
}

static void end_load(struct run *run)
{
    profile_overhead_load_ended(run->overhead);
    uv_close((uv_handle_t *)&run->end, NULL);
    uv_close((uv_handle_t *)&run->work, NULL);
}

static void on_work(uv_timer_t *timer)
{
    struct run *run = timer->data;
    struct profile_overhead_result result;
    work(run);
    if (profile_overhead_result(run->overhead, &result) &&
        result.n_pairs == ENOUGH)
        end_load(run);
}

static void take_counts(void *ctx, struct window_counts *counts)
{
    struct run *run = ctx;
    work(run);
    *counts = (struct window_counts){run->last_ns, run->n_requests, 0,
                                     &run->duration};
}

static const char *no_target(void *ctx)
{
    (void)ctx;
    return NULL;
}

static void on_end(uv_timer_t *timer) { end_load(timer->data); }

static void carry_out(struct run *run, const char *status, unsigned ms,
                      uint64_t load_ms)
{
    struct err err = {""};
    *run = (struct run){.last_ns = clock_mono_ns()};
    status_line = status;
    profile_ms = ms;
    if (*status)
        snprintf(run->url, sizeof run->url, "http://127.0.0.1:%d", port);
    run->env = (struct profile_overhead_env){
        .target = no_target, .snapshot = take_counts, .ctx = run};
    uv_loop_init(&run->loop);
    run->overhead =
        profile_overhead_new(&run->loop, run->url, &run->env, &quick, &err);
    assert_non_null(run->overhead);
    uv_timer_init(&run->loop, &run->end);
    uv_timer_init(&run->loop, &run->work);
    run->end.data = run->work.data = run;
    profile_overhead_start(run->overhead);
    uv_timer_start(&run->end, on_end, load_ms, 0);
    uv_timer_start(&run->work, on_work, 1, 1);
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

static void finish(struct run *run)
{
    profile_overhead_close(run->overhead);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&run->loop), 0);
    profile_overhead_free(run->overhead);
    histogram_fini(&run->duration);
}

/* --- tests ------------------------------------------------------------------
 */

/* A window's ends and the profiler's are seen at most 2 ms apart, of 60: that
 * is 3 % of the 20 % difference on a quiet machine; 5 points leave room. */
static void cost_is_measured(void **state)
{
    (void)state;
    struct run run;
    struct profile_overhead_result result;
    struct buf text = BUF_INIT;
    carry_out(&run, "200 OK", 100, 300000);
    assert_true(profile_overhead_result(run.overhead, &result));
    assert_null(result.failure);
    assert_int_equal(result.n_pairs, ENOUGH);
    assert_true(fabs(result.rate_percent.value + 20) < 5);
    assert_true(result.rate_percent.is_known);
    assert_true(result.rate_percent.high < 0);
    assert_true(fabs(result.p99_ms.value - 1) < 0.02);
    assert_true(result.rate_on < result.rate_off);
    profile_overhead_write(&text, run.overhead);
    assert_non_null(strstr(buf_cstr(&text), "CPU profiler on and off in turn"));
    assert_non_null(strstr(buf_cstr(&text), "% (95 % interval -"));
    assert_null(strstr(buf_cstr(&text), "no significant difference"));
    buf_fini(&text);
    finish(&run);
}

/* A profile that ends before its window does. */
static void spoilt_windows_do_not_count(void **state)
{
    (void)state;
    struct run run;
    struct profile_overhead_result result;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text, .is_spaced = true};
    carry_out(&run, "200 OK", 10, 500);
    assert_true(profile_overhead_result(run.overhead, &result));
    assert_int_equal(result.n_pairs, 0);
    profile_overhead_write(&text, run.overhead);
    assert_non_null(strstr(buf_cstr(&text), "no pair of windows"));
    text.len = 0;
    profile_overhead_write_json(&json, run.overhead);
    assert_memory_equal(buf_cstr(&text),
                        "\"profiler_overhead\": {\"pairs\": 0, ", 34);
    buf_fini(&text);
    finish(&run);
}

static void refusal_is_said(void **state)
{
    (void)state;
    struct run run;
    struct buf text = BUF_INIT;
    carry_out(&run, "403 Forbidden", 1, 300);
    profile_overhead_write(&text, run.overhead);
    assert_non_null(
        strstr(buf_cstr(&text), "    cpu profile: 403 Forbidden\n"));
    buf_fini(&text);
    finish(&run);
}

static void no_request_no_window(void **state)
{
    (void)state;
    struct run run;
    struct profile_overhead_result result;
    carry_out(&run, "", 1, 100);
    assert_true(profile_overhead_result(run.overhead, &result));
    assert_int_equal(result.n_pairs, 0);
    assert_null(result.failure);
    finish(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_is_measured),
        cmocka_unit_test(spoilt_windows_do_not_count),
        cmocka_unit_test(refusal_is_said),
        cmocka_unit_test(no_request_no_window),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
