/* interval.c -- tests of measure/interval.c: against tables, and that the
 * intervals hold as often as they say on values that are far from normal.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "measure/interval.h"

static void expect(double got, double wanted)
{
    if (fabs(got - wanted) > 1e-6 * fmax(1, fabs(wanted)))
        fail_msg("%.9g instead of %.9g", got, wanted);
}

static void medians(void **state)
{
    (void)state;
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2};
    expect(interval_median(odd, 3), 2);
    expect(interval_median(even, 4), 2.5);
    expect(interval_median(odd, 1), 1);
    expect(interval_median(NULL, 0), 0);
}

static void normal_quantiles(void **state)
{
    (void)state;
    expect(interval_normal(0.95), 1.959963985);
    expect(interval_normal(0.99), 2.575829304);
    expect(interval_normal(0.5), 0.674489750);
}

/* Which order statistics bound the median, from the sign test's tables: n, and
 * which one at 95 % and at 99 %; 0: none. */
static const struct {
    size_t n, at_95, at_99;
} table[] = {
    {5, 0, 0},   {6, 1, 0},    {7, 1, 0},    {8, 1, 1},     {9, 2, 1},
    {10, 2, 1},  {12, 3, 2},   {15, 4, 3},   {20, 6, 4},    {25, 8, 6},
    {30, 10, 8}, {40, 14, 12}, {50, 18, 16}, {100, 40, 37},
};

static void median_intervals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double values[100];
        for (size_t k = 0; k < table[i].n; k++)
            values[k] = (double)(table[i].n - k);
        struct interval at_95 = interval_of_median(values, table[i].n, 0.95);
        struct interval at_99 = interval_of_median(values, table[i].n, 0.99);
        assert_int_equal(at_95.is_known, table[i].at_95 > 0);
        assert_int_equal(at_99.is_known, table[i].at_99 > 0);
        expect(at_95.value, (double)(table[i].n + 1) / 2);
        if (at_95.is_known) {
            expect(at_95.low, (double)table[i].at_95);
            expect(at_95.high, (double)(table[i].n + 1 - table[i].at_95));
        }
        if (at_99.is_known)
            expect(at_99.low, (double)table[i].at_99);
    }
    assert_false(interval_of_median(NULL, 0, 0.95).is_known);
}

static void shift_of_two_samples(void **state)
{
    (void)state;
    double a[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, b[10], far[] = {100};
    struct interval shift;
    for (int i = 0; i < 10; i++)
        b[i] = a[i] + 20;
    assert_true(interval_of_shift(a, 10, b, 10, 0.95, 1, &shift));
    expect(shift.value, 20);
    assert_true(shift.is_known);
    /* Tables of U have 23 for 10 and 10 at 95 %: the 24th difference, of
     * which there are 1 of 11, 2 of 12, ... 7 of 17: the 24th is 17. */
    expect(shift.low, 17);
    expect(shift.high, 23);
    assert_true(interval_of_shift(a, 4, b, 10, 0.95, 1, &shift));
    assert_false(shift.is_known);
    assert_true(interval_of_shift(a, 0, far, 1, 0.95, 1, &shift));
    assert_false(shift.is_known);
}

/* --- how often the intervals hold ---------------------------------------- */

static uint64_t seed = 88172645463325252;

/* xorshift64: the same numbers in each run. */
static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) * 0x1p-53;
}

/* Skewed as latencies are: median 1, a mean far above it. */
static double skewed(void) { return exp(2 * (uniform() + uniform() - 1) * 2); }

#define TRIALS 4000
/* Four standard deviations of a share of 0.95 in so many trials. */
#define TOLERANCE (4 * 0.21794494717 / 63.2455532034)

static void median_intervals_hold(void **state)
{
    (void)state;
    int held = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double values[25];
        for (int i = 0; i < 25; i++)
            values[i] = skewed();
        struct interval interval = interval_of_median(values, 25, 0.95);
        held += interval.low <= 1 && 1 <= interval.high;
    }
    /* Of 25 the 8th and 18th: 95.7 % exactly. */
    assert_true(fabs((double)held / TRIALS - 0.957) < TOLERANCE);
}

static void shift_intervals_hold(void **state)
{
    (void)state;
    int held = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double a[15], b[20];
        struct interval shift;
        for (int i = 0; i < 15; i++)
            a[i] = skewed();
        for (int i = 0; i < 20; i++)
            b[i] = 3 + skewed();
        assert_true(interval_of_shift(a, 15, b, 20, 0.95, 1, &shift));
        held += shift.low <= 3 && 3 <= shift.high;
    }
    assert_true(fabs((double)held / TRIALS - 0.95) < TOLERANCE);
}

/* Each value is half the one before and half new. */
static void likeness_is_estimated(void **state)
{
    (void)state;
    double sum = 0, of_white = 0, values[30] = {0};
    for (int trial = 0; trial < TRIALS; trial++) {
        double value = 0;
        for (int i = 0; i < 60; i++) {
            value = 0.5 * value + uniform() - 0.5;
            values[i % 30] = value;
        }
        sum += interval_likeness(values, 30);
        for (int i = 0; i < 30; i++)
            values[i] = uniform();
        of_white += interval_likeness(values, 30);
    }
    assert_true(fabs(sum / TRIALS - 0.5) < 0.03);
    assert_true(of_white / TRIALS < 0.1); /* not 0: it is cut at 0 */
    assert_true(interval_likeness(values, 0) == 0);
    assert_true(interval_likeness((double[]){2, 2, 2}, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians),
        cmocka_unit_test(normal_quantiles),
        cmocka_unit_test(median_intervals),
        cmocka_unit_test(shift_of_two_samples),
        cmocka_unit_test(median_intervals_hold),
        cmocka_unit_test(shift_intervals_hold),
        cmocka_unit_test(likeness_is_estimated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
