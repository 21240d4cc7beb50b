/* histogram.c -- tests of measure/histogram.c: percentiles of a million values
 * against the exact ones. The bound is the histogram's own, half a bucket
 * (1/256); the promise of the load generator is 0.8 %. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "measure/histogram.h"

#define N 1000000

static double values[N];

static double next_uniform(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double uniform(void) { return 100 * next_uniform(); }

static double exponential(void) { return -25 * log(next_uniform()); }

static double lognormal(void)
{
    double radius = sqrt(-2 * log(next_uniform()));
    return exp(3 + 1.5 * radius * cos(6.283185307179586 * next_uniform()));
}

/* A fast path and, far away, a slow one. */
static double bimodal(void)
{
    return next_uniform() < 0.97 ? 0.05 + 0.01 * next_uniform()
                                 : 1400 + 200 * next_uniform();
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_shape(double (*draw)(void), double sign)
{
    static const double quantiles[] = {0.001, 0.01, 0.1,  0.25,  0.5,   0.75,
                                       0.9,   0.95, 0.99, 0.999, 0.9999};
    struct histogram h = HISTOGRAM_INIT;
    for (int i = 0; i < N; i++) {
        values[i] = sign * draw();
        assert_true(histogram_record(&h, values[i]));
    }
    qsort(values, N, sizeof *values, compare);
    assert_int_equal(h.count, N);
    assert_true(h.least == values[0]);
    assert_true(h.greatest == values[N - 1]);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double exact = values[(int)ceil(quantiles[i] * N) - 1];
        double found = histogram_quantile(&h, quantiles[i]);
        assert_true(fabs(found - exact) <= fabs(exact) / 256 + 1e-12);
    }
    histogram_fini(&h);
}

static void percentiles_are_close(void **state)
{
    (void)state;
    check_shape(uniform, 1);
    check_shape(exponential, 1);
    check_shape(lognormal, 1);
    check_shape(bimodal, 1);
}

/* Four histograms, emptied into a fifth again and again, know what one would:
 * the same buckets, so the same percentiles to the last bit. */
static void merging_loses_nothing(void **state)
{
    (void)state;
    double (*const shapes[])(void) = {uniform, exponential, lognormal, bimodal};
    struct histogram parts[4] = {HISTOGRAM_INIT}, whole = HISTOGRAM_INIT,
                     merged = HISTOGRAM_INIT;
    for (int i = 0; i < N; i++) {
        double value = shapes[i % 4]() * (i % 5 == 0 ? -1 : 1);
        histogram_record(&parts[i % 4], value);
        histogram_record(&whole, value);
        for (int k = 0; i % 9973 == 0 && k < 4; k++)
            histogram_merge(&merged, &parts[k]);
    }
    /* A copy, before the last of them: the rest is added to both. */
    struct histogram copy = HISTOGRAM_INIT;
    assert_true(histogram_add(&copy, &merged));
    for (int k = 0; k < 4; k++) {
        assert_true(histogram_add(&copy, &parts[k]));
        histogram_merge(&merged, &parts[k]);
        assert_int_equal(parts[k].count, 0);
        assert_true(parts[k].sum == 0 && histogram_quantile(&parts[k], 1) == 0);
    }
    assert_int_equal(merged.count, N);
    assert_true(fabs(merged.sum - whole.sum) < 1e-6 * fabs(whole.sum));
    assert_true(merged.least == whole.least);
    assert_true(merged.greatest == whole.greatest);
    assert_int_equal(copy.count, N);
    for (double q = 0; q <= 1; q += 0.001) {
        double expected = histogram_quantile(&whole, q);
        assert_true(histogram_quantile(&merged, q) == expected);
        assert_true(histogram_quantile(&copy, q) == expected);
    }
    histogram_fini(&copy);
    for (int k = 0; k < 4; k++)
        histogram_fini(&parts[k]);
    histogram_fini(&whole);
    histogram_fini(&merged);
}

static void values_up_to_are_counted(void **state)
{
    (void)state;
    struct histogram h = HISTOGRAM_INIT;
    assert_int_equal(histogram_count_upto(&h, 1), 0);
    for (int i = -10; i <= 10; i++)
        histogram_record(&h, i);
    assert_int_equal(histogram_count_upto(&h, -11), 0);
    assert_int_equal(histogram_count_upto(&h, -9.5), 1);
    assert_int_equal(histogram_count_upto(&h, -0.5), 10);
    assert_int_equal(histogram_count_upto(&h, 0), 11);
    assert_int_equal(histogram_count_upto(&h, 5.5), 16);
    assert_int_equal(histogram_count_upto(&h, 10), 21);
    histogram_fini(&h);
}

static void negative_values_are_ordered(void **state)
{
    (void)state;
    check_shape(lognormal, -1);
}

static void takes_any_number(void **state)
{
    (void)state;
    struct histogram h = HISTOGRAM_INIT;
    assert_true(histogram_quantile(&h, 0.5) == 0);
    assert_true(histogram_record(&h, 0));
    assert_true(histogram_quantile(&h, 0.5) == 0);
    assert_true(histogram_record(&h, 1e300));
    assert_true(histogram_record(&h, -1e300));
    assert_true(histogram_record(&h, 1e-300));
    assert_true(histogram_quantile(&h, 0.5) == 0);
    assert_true(h.least == -1e300 && h.greatest == 1e300);
    histogram_fini(&h);
}

static void one_value_is_exact(void **state)
{
    (void)state;
    struct histogram h = HISTOGRAM_INIT;
    histogram_record(&h, 1.2345);
    assert_true(histogram_quantile(&h, 0) == 1.2345);
    assert_true(histogram_quantile(&h, 0.99) == 1.2345);
    assert_true(histogram_quantile(&h, 1) == 1.2345);
    histogram_fini(&h);
}

/* What is left after an earlier copy is taken out is what came since. */
static void subtracting_leaves_what_came_since(void **unused)
{
    (void)unused;
    struct histogram all = HISTOGRAM_INIT, since = HISTOGRAM_INIT;
    struct histogram mark = HISTOGRAM_INIT, expected = HISTOGRAM_INIT;
    for (int i = 0; i < 10000; i++)
        histogram_record(&all, exponential());
    histogram_record(&all, 0);
    assert_true(histogram_copy(&mark, &all));
    for (int i = 0; i < 1000; i++) {
        double value = 50 + uniform() - 60 * (i % 3 == 0);
        histogram_record(&all, value);
        histogram_record(&expected, value);
    }
    assert_true(histogram_copy(&since, &all));
    histogram_subtract(&since, &mark);
    assert_int_equal(since.count, 1000);
    assert_int_equal(since.n_zero, 0);
    assert_float_equal(since.sum, expected.sum, 1e-6);
    for (int i = 0; i <= 100; i++) {
        double a = histogram_quantile(&since, i / 100.0);
        double b = histogram_quantile(&expected, i / 100.0);
        assert_float_equal(a, b, fabs(b) / 128);
    }
    assert_float_equal(since.greatest, expected.greatest,
                       expected.greatest / 128);
    /* A copy over a fuller one leaves nothing of it; nothing is left of equal
     * ones. */
    assert_true(histogram_copy(&since, &expected));
    histogram_subtract(&since, &expected);
    assert_int_equal(since.count, 0);
    assert_float_equal(histogram_quantile(&since, 0.5), 0, 0);
    assert_float_equal(since.greatest, 0, 0);
    histogram_fini(&all);
    histogram_fini(&since);
    histogram_fini(&mark);
    histogram_fini(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_close),
        cmocka_unit_test(merging_loses_nothing),
        cmocka_unit_test(values_up_to_are_counted),
        cmocka_unit_test(negative_values_are_ordered),
        cmocka_unit_test(takes_any_number),
        cmocka_unit_test(one_value_is_exact),
        cmocka_unit_test(subtracting_leaves_what_came_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
