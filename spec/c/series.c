/* series.c -- tests of measure/series.c: what is put in is found again,
 * whatever the length of the run. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "measure/results.h"
#include "measure/series.h"

#define MS_NS INT64_C(1000000)
#define START_NS (INT64_C(1000) * 1000 * MS_NS)
#define TICK_MS 100

static struct results results;
static struct series series;

static int set_up(void **state)
{
    (void)state;
    series = SERIES_INIT;
    return results_init(&results) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    results_fini(&results);
    series_fini(&series);
    return 0;
}

/* A generator has sent `n` requests from `from_ms` of the run on. */
static void hand_over(double from_ms, double to_ms, int n, double latency_ms)
{
    struct metrics *m = &results.metrics;
    for (int i = 0; i < n; i++) {
        metrics_add(m, METRIC_HTTP_REQS, 1, NULL);
        metrics_add(m, METRIC_HTTP_REQ_FAILED, i % 10 == 0, NULL);
        metrics_add(m, METRIC_HTTP_REQ_LATENCY, latency_ms, NULL);
        metrics_add(m, METRIC_ITERATIONS, 1, NULL);
        metrics_add(m, METRIC_PACING_LAG, latency_ms / 100, NULL);
    }
    metrics_add(m, METRIC_DROPPED_ITERATIONS, 1, NULL);
    series_count(&series, START_NS + (int64_t)(from_ms * 1e6),
                 START_NS + (int64_t)(to_ms * 1e6),
                 (int64_t)((to_ms - from_ms) / 4 * 1e6), &results);
    results_fini(&results);
    assert_true(results_init(&results));
}

static void keeps_100_ms_up_to_a_minute(void **state)
{
    (void)state;
    assert_true(series_begin(&series, START_NS, 1));
    for (int i = 0; i < SERIES_MAX; i++)
        hand_over(i * TICK_MS, (i + 1) * TICK_MS, 10, i + 1);
    assert_int_equal(series.n, SERIES_MAX);
    assert_true(series.width_ns == TICK_MS * MS_NS);
    for (int i = 0; i < SERIES_MAX; i++) {
        const struct series_bucket *b = &series.buckets[i];
        assert_int_equal(b->n_requests, 10);
        assert_int_equal(b->n_failed, 1);
        assert_int_equal(b->n_ended, 10);
        assert_int_equal(b->n_dropped, 1);
        assert_true(histogram_quantile(&b->latency, 0.5) == i + 1);
        assert_true(b->lag_ms == (i + 1) / 100.0);
        assert_true(series_rate(&series, b, b->n_requests) == 100);
        assert_true(series_cores(&series, b) == 0.25);
    }
}

/* Ten minutes and a half, in steps that drift: nothing is lost, and the rates
 * of all buckets are right. */
static void is_bounded_and_loses_nothing(void **state)
{
    (void)state;
    double at = 0;
    int n = 0;
    assert_true(series_begin(&series, START_NS, 1));
    while (at < 630e3) {
        hand_over(at, at + TICK_MS + 0.7, 10, n % 7 + 1);
        at += TICK_MS + 0.7;
        n++;
    }
    assert_true(series.n <= SERIES_MAX);
    assert_true(series.width_ns == 16 * TICK_MS * MS_NS);
    uint64_t requests = 0, values = 0, dropped = 0;
    for (unsigned i = 0; i < series.n; i++) {
        const struct series_bucket *b = &series.buckets[i];
        requests += b->n_requests;
        dropped += b->n_dropped;
        values += b->latency.count;
        double rate = series_rate(&series, b, b->n_requests);
        assert_true(fabs(rate - 10 / 0.1007) < 1e-6);
        assert_true(b->latency.greatest == 7 && b->latency.least == 1);
    }
    assert_int_equal(requests, 10 * n);
    assert_int_equal(values, 10 * n);
    assert_int_equal(dropped, n);
}

static void generators_add_up(void **state)
{
    (void)state;
    assert_true(series_begin(&series, START_NS, 2));
    hand_over(0, 100, 10, 1);
    hand_over(0.3, 100.3, 20, 2);
    const struct series_bucket *b = &series.buckets[0];
    assert_int_equal(series.n, 1);
    assert_int_equal(b->n_requests, 30);
    assert_true(fabs(series_rate(&series, b, b->n_requests) - 300) < 1e-9);
    assert_true(fabs(series_cores(&series, b) - 0.5) < 1e-9);
}

static void keeps_the_greatest_that_was_seen(void **state)
{
    (void)state;
    assert_true(series_begin(&series, START_NS, 1));
    series_look(&series, START_NS + 10 * MS_NS, 5, 0);
    series_look(&series, START_NS + 60 * MS_NS, 3, 7);
    assert_int_equal(series.buckets[0].n_active, 5);
    assert_int_equal(series.buckets[0].n_late, 7);
    series_look(&series, START_NS + 70 * 1000 * MS_NS, 1, 1);
    assert_true(series.width_ns == 2 * TICK_MS * MS_NS);
    assert_int_equal(series.buckets[0].n_active, 5);
}

static void counts_only_between_begin_and_end(void **state)
{
    (void)state;
    hand_over(0, 100, 10, 1);
    series_look(&series, START_NS, 1, 1);
    assert_int_equal(series.n, 0);
    assert_true(series_begin(&series, START_NS, 1));
    hand_over(-100, 0, 10, 1); /* a thread that came late to its start */
    hand_over(0, 100, 10, 1);
    series_end(&series);
    hand_over(100, 200, 10, 1);
    assert_int_equal(series.n, 1);
    assert_int_equal(series.buckets[0].n_requests, 20);
}

static void hand_over_failures(int status, enum client_error error)
{
    struct outcome *outcome = &results.outcome;
    outcome->by_status[200] = 5;
    outcome->by_status[status] = 2;
    if (error) {
        outcome->errors[0] = (struct outcome_error){error, 3};
        outcome->n_errors = 1;
    }
    hand_over(0, 100, 1, 1);
}

static void tells_failures_apart(void **state)
{
    (void)state;
    assert_true(series_begin(&series, START_NS, 1));
    hand_over_failures(503, CLIENT_TIMEOUT);
    hand_over_failures(404, CLIENT_OK);
    hand_over_failures(503, CLIENT_TIMEOUT);
    const uint64_t *n = series.buckets[0].failures;
    assert_int_equal(series.n_failures, 3);
    assert_int_equal(series.failures[0], 503);
    assert_int_equal(series.failures[1], CLIENT_TIMEOUT);
    assert_int_equal(series.failures[2], 404);
    assert_true(n[0] == 4 && n[1] == 6 && n[2] == 2);
    for (int status = 500; status < 520; status++)
        hand_over_failures(status, CLIENT_OK);
    assert_int_equal(series.n_failures, SERIES_FAILURES_MAX);
    assert_int_equal(series.failures[SERIES_FAILURES_MAX - 1],
                     SERIES_OTHER_FAILURES);
    uint64_t all = 0;
    for (int i = 0; i < SERIES_FAILURES_MAX; i++)
        all += n[i];
    assert_int_equal(all, 12 + 20 * 2);
    for (int i = 0; i < 601; i++) /* until buckets are merged */
        hand_over(i * TICK_MS, (i + 1) * TICK_MS, 1, 1);
    assert_int_equal(series.buckets[0].failures[0], 4 + 2);
}

/* 100 and 900 requests per second in turn, for twice as long as there are
 * buckets; a piece of 1 ms with one request is no rate of 1,000. */
static void keeps_the_least_and_greatest_rate(void **state)
{
    (void)state;
    assert_true(series_begin(&series, START_NS, 1));
    hand_over(0, 1, 100, 1);
    for (int i = 1; i < 2 * SERIES_MAX; i++)
        hand_over(i * TICK_MS, (i + 1) * TICK_MS, i % 2 ? 10 : 90, 1);
    series_end(&series);
    for (unsigned i = 1; i < series.n; i++) {
        assert_true(fabs(series.buckets[i].least_rate - 100) < 1e-6);
        assert_true(fabs(series.buckets[i].greatest_rate - 900) < 1e-6);
    }
    assert_true(fabs(series.buckets[0].greatest_rate - 100) < 1e-6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keeps_100_ms_up_to_a_minute),
        TEST(is_bounded_and_loses_nothing),
        TEST(generators_add_up),
        TEST(keeps_the_greatest_that_was_seen),
        TEST(counts_only_between_begin_and_end),
        TEST(tells_failures_apart),
        TEST(keeps_the_least_and_greatest_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
