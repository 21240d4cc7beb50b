/* window.c -- tests of measure/window.c: what was between two looks, and no
 * more.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "measure/window.h"

#define SECOND INT64_C(1000000000)

struct run {
    struct histogram duration;
    struct window_counts counts;
};

static void begin(struct run *run)
{
    *run = (struct run){.counts = {.now_ns = 5 * SECOND}};
}

static const struct window_counts *look(struct run *run)
{
    run->counts.duration = &run->duration;
    return &run->counts;
}

/* `n` requests of so many ms, a tenth of them failed, in `ns`. */
static void work(struct run *run, unsigned n, double ms, int64_t ns)
{
    for (unsigned i = 0; i < n; i++)
        histogram_record(&run->duration, ms);
    run->counts.n_requests += n;
    run->counts.n_failed += n / 10;
    run->counts.now_ns += ns;
}

static bool is_near(double got, double wanted)
{
    return fabs(got - wanted) <= wanted / 256;
}

static void windows_are_differences(void **state)
{
    (void)state;
    struct run run;
    struct window_mark mark = {0};
    struct window window;
    begin(&run);
    work(&run, 1000, 50, SECOND);
    assert_true(window_open(&mark, look(&run)));
    assert_true(window_take(&mark, look(&run), &window));
    assert_int_equal(window.n_requests, 0);
    for (unsigned i = 0; i < WINDOW_COLUMNS; i++)
        assert_true(window.columns[i] == 0);

    work(&run, 90, 1, SECOND / 2);
    work(&run, 10, 8, SECOND / 4);
    assert_true(window_take(&mark, look(&run), &window));
    assert_true(window.seconds == 0.75);
    assert_int_equal(window.n_requests, 100);
    assert_int_equal(window.n_failed, 10);
    assert_true(is_near(window.columns[0], 1.7)); /* avg */
    assert_true(is_near(window.columns[1], 1));   /* med */
    assert_true(is_near(window.columns[2], 1));   /* p(90) */
    assert_true(is_near(window.columns[3], 8));   /* p(95) */

    assert_true(window_open(&mark, look(&run))); /* anew, in the same mark */
    work(&run, 5, 100, SECOND);
    assert_true(window_take(&mark, look(&run), &window));
    assert_int_equal(window.n_requests, 5);
    assert_true(is_near(window.columns[1], 100));
    window_mark_fini(&mark);
    histogram_fini(&run.duration);
}

static void series_has_equal_windows(void **state)
{
    (void)state;
    struct run run;
    struct window_series series;
    begin(&run);
    window_series_init(&series, 10 * SECOND);
    assert_true(window_series_tick(&series, look(&run)));
    for (unsigned i = 0; i < 40; i++) { /* four ticks a second */
        work(&run, i, 1 + i, SECOND / 4);
        assert_true(window_series_tick(&series, look(&run)));
    }
    assert_int_equal(series.n, 10);
    assert_true(series.windows[9].seconds == 1);
    assert_int_equal(series.windows[0].n_requests, 0 + 1 + 2 + 3);
    assert_int_equal(series.windows[9].n_requests, 36 + 37 + 38 + 39);
    window_series_fini(&series);
    histogram_fini(&run.duration);
}

/* A timer that comes a little early or late: a window per tick. */
static void ticks_need_not_be_exact(void **state)
{
    (void)state;
    struct run run;
    struct window_series series;
    begin(&run);
    window_series_init(&series, 10 * SECOND);
    assert_true(window_series_tick(&series, look(&run)));
    for (int i = 0; i < 10; i++) {
        work(&run, 1, 1, i % 2 ? SECOND - 150000000 : SECOND + 150000000);
        assert_true(window_series_tick(&series, look(&run)));
    }
    assert_int_equal(series.n, 10);
    window_series_fini(&series);
    histogram_fini(&run.duration);
}

/* Windows of several seconds: the ticks' jitter does not make them shorter, so
 * that there are enough of them for an hour. */
static void a_long_run_is_all_in_windows(void **state)
{
    (void)state;
    struct run run;
    struct window_series series;
    double seconds = 0;
    begin(&run);
    window_series_init(&series, 3600 * SECOND);
    assert_true(window_series_tick(&series, look(&run)));
    for (int i = 0; i < 3600; i++) {
        work(&run, 1, 1, i % 2 ? SECOND - 100000000 : SECOND + 100000000);
        assert_true(window_series_tick(&series, look(&run)));
    }
    for (size_t i = 0; i < series.n; i++)
        seconds += series.windows[i].seconds;
    assert_true(seconds > 3600 - 7);
    window_series_fini(&series);
    histogram_fini(&run.duration);
}

static void series_are_bounded(void **state)
{
    (void)state;
    struct run run;
    struct window_series series;
    begin(&run);
    window_series_init(&series, 601 * SECOND);
    assert_int_equal(series.length_ns, 2 * SECOND);
    window_series_init(&series, 600 * SECOND);
    assert_int_equal(series.length_ns, SECOND);
    assert_true(window_series_tick(&series, look(&run)));
    for (int i = 0; i < 700; i++) {
        work(&run, 1, 1, SECOND);
        assert_true(window_series_tick(&series, look(&run)));
    }
    assert_int_equal(series.n, WINDOW_SERIES_MAX);
    window_series_fini(&series);
    histogram_fini(&run.duration);
}

static void json_has_a_column_each(void **state)
{
    (void)state;
    struct run run;
    struct window_series series;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text, .is_spaced = true};
    begin(&run);
    window_series_init(&series, 10 * SECOND);
    window_series_write_json(&json, &series);
    assert_non_null(
        strstr(buf_cstr(&text), "{\"seconds\": [], \"requests\": [], "));
    text.len = 0;
    json.needs_comma = false;
    assert_true(window_series_tick(&series, look(&run)));
    for (int i = 0; i < 2; i++) {
        work(&run, 20, 0, SECOND);
        assert_true(window_series_tick(&series, look(&run)));
    }
    window_series_write_json(&json, &series);
    assert_string_equal(
        buf_cstr(&text),
        "\"windows\": {\"seconds\": [1.000, 1.000], \"requests\": [20, 20], "
        "\"failed\": "
        "[2, 2], \"avg\": [0, 0], \"med\": [0, 0], \"p(90)\": [0, 0], "
        "\"p(95)\": [0, 0], \"p(99)\": [0, 0], \"p(99.9)\": [0, 0]}");
    buf_fini(&text);
    window_series_fini(&series);
    histogram_fini(&run.duration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_differences),
        cmocka_unit_test(series_has_equal_windows),
        cmocka_unit_test(ticks_need_not_be_exact),
        cmocka_unit_test(a_long_run_is_all_in_windows),
        cmocka_unit_test(series_are_bounded),
        cmocka_unit_test(json_has_a_column_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
