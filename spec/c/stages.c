/* stages.c -- tests of load/stages.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "load/stages.h"

#define S INT64_C(1000000000)

static const struct stages hills = {
    .start = 10,
    .n = 5,
    .all = {{2 * S, 50}, {S, 50}, {0, 20}, {4 * S, 0}, {S, 100}},
};

static void assert_near(double value, double expected)
{
    if (fabs(value - expected) > 1e-9 * fmax(1, fabs(expected)))
        fail_msg("%.17g, not %.17g", value, expected);
}

static void goes_in_straight_lines(void **state)
{
    (void)state;
    double slope;
    assert_near(stages_value(&hills, 0, &slope), 10);
    assert_near(slope, 20);
    assert_near(stages_value(&hills, S, NULL), 30);
    assert_near(stages_value(&hills, 2 * S + S / 2, &slope), 50);
    assert_near(slope, 0);
    assert_near(stages_value(&hills, 3 * S, &slope), 20); /* jumped */
    assert_near(slope, -5);
    assert_near(stages_value(&hills, 7 * S, NULL), 0);
    assert_near(stages_value(&hills, 9 * S, &slope), 100); /* and stays */
    assert_near(slope, 0);
    assert_int_equal(stages_duration(&hills), 8 * S);
    assert_near(stages_greatest(&hills), 100);
}

/* The value in the middle of a step, times the step, is exact on a straight
 * line: the only error is that of the additions. */
static void integrates(void **state)
{
    (void)state;
    assert_near(stages_area(&hills, 2 * S), 60);
    assert_near(stages_area(&hills, 3 * S), 110);
    assert_near(stages_area(&hills, 7 * S), 150);
    assert_near(stages_area(&hills, 100 * S), 200);
    double sum = 0;
    const int64_t step = S / 100;
    for (int64_t t = 0; t < 8 * S; t += step) {
        double middle = stages_value(&hills, t + step / 2, NULL);
        sum += middle * 0.01; /* exact on a line, and no stage ends within */
        assert_true(fabs(stages_area(&hills, t + step) - sum) < 1e-6);
    }
}

static void finds_the_time_of_an_area(void **state)
{
    (void)state;
    for (int64_t t = 0; t < 8 * S; t += S / 777) {
        int64_t when = stages_when(&hills, stages_area(&hills, t));
        /* Where the value is next to 0, so is what a time's step adds. */
        double slack_ns = 2 + 1e3 / fmax(stages_value(&hills, t, NULL), 1e-3);
        if (fabs((double)(when - t)) > slack_ns)
            fail_msg("%lld ns for %lld", (long long)when, (long long)t);
    }
    assert_int_equal(stages_when(&hills, 0), 0);
    assert_int_equal(stages_when(&hills, 200), -1);
    assert_int_equal(stages_when(&hills, 1e9), -1);
}

/* 20,000 a second for 10 hours: the last ones are still due to the
 * microsecond. */
static void keeps_time_for_long(void **state)
{
    (void)state;
    const struct stages flat = {
        .start = 20000, .n = 1, .all = {{36000 * S, 20000}}};
    for (int64_t i = 719999000; i < 720000000; i++) {
        int64_t error_ns = stages_when(&flat, (double)i) - i * 50000;
        assert_in_range(error_ns + 1000, 0, 2000);
    }
    const struct stages from_zero = {
        .start = 0, .n = 1, .all = {{10 * S, 1000}}};
    assert_near((double)stages_when(&from_zero, 50) / 1e9, 1);
    assert_near(stages_area(&from_zero, 10 * S), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_in_straight_lines),
        cmocka_unit_test(integrates),
        cmocka_unit_test(finds_the_time_of_an_area),
        cmocka_unit_test(keeps_time_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
