/* compare.c -- tests of report/compare.c: runs that differ by a known amount,
 * and runs that differ by noise alone, of windows that are like their
 * neighbours.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"

#define N 30 /* windows of a run */

static uint64_t seed = 88172645463325252;

/* xorshift64: the same numbers in each run. */
static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) * 0x1p-53;
}

static double noise(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum - 6; /* of deviation 1 */
}

/* A run of `n` windows of a rate of 1000 * factor, off by 3 %, each as its
 * neighbour by `likeness`; columns 1 / rate. */
static void make(struct summary_file *file, size_t n, double factor,
                 double likeness)
{
    double off = noise();
    *file = (struct summary_file){.path = "run.json", .n_windows = n};
    file->seconds = calloc(n, sizeof *file->seconds);
    file->requests = calloc(n, sizeof *file->requests);
    file->failed = calloc(n, sizeof *file->failed);
    for (unsigned c = 0; c < WINDOW_COLUMNS; c++)
        file->columns[c] = calloc(n, sizeof *file->columns[c]);
    for (size_t i = 0; i < n; i++) {
        off = likeness * off + sqrt(1 - likeness * likeness) * noise();
        file->seconds[i] = 1;
        file->requests[i] = 1000 * factor * (1 + 0.03 * off);
        for (unsigned c = 0; c < WINDOW_COLUMNS; c++)
            file->columns[c][i] = (1 + c) * 1000 / file->requests[i];
    }
}

static enum compare_verdict compare(struct summary_file *a,
                                    struct summary_file *b, unsigned column,
                                    struct interval *shift)
{
    enum compare_verdict verdict = COMPARE_UNTESTED;
    assert_true(compare_windows(a, b, column, shift, &verdict));
    return verdict;
}

static void differences_are_found(void **state)
{
    (void)state;
    struct summary_file a, b;
    struct interval shift;
    make(&a, N, 1, 0);
    make(&b, N, 1.1, 0);
    assert_int_equal(compare(&a, &b, COMPARE_RATE, &shift), COMPARE_MORE);
    assert_true(shift.low < 100 && 100 < shift.high);
    assert_int_equal(compare(&a, &b, 4, &shift), COMPARE_LESS);
    assert_int_equal(compare(&b, &a, COMPARE_RATE, &shift), COMPARE_LESS);
    assert_int_equal(compare(&a, &a, COMPARE_RATE, &shift), COMPARE_SAME);
    assert_true(shift.value == 0);
    summary_file_fini(&a);
    summary_file_fini(&b);
}

/* How often runs of `n` windows are called different, in percent of 1,000. */
static double alarms(size_t n, double factor, double likeness)
{
    int found = 0;
    for (int trial = 0; trial < 1000; trial++) {
        struct summary_file a, b;
        struct interval shift;
        make(&a, n, 1, likeness);
        make(&b, n, factor, likeness);
        found += compare(&a, &b, COMPARE_RATE, &shift) != COMPARE_SAME;
        summary_file_fini(&a);
        summary_file_fini(&b);
    }
    return found / 10.0;
}

/* 1 % is what the interval promises; how alike windows are is known from 30 of
 * them only. The tolerance is four standard deviations of 1 % in 1,000, and
 * twice that of windows that are very much alike. */
static void noise_is_called_noise(void **state)
{
    (void)state;
    static const double likeness[] = {0, 0.5, 0.8};
    for (int i = 0; i < 3; i++) {
        double found = alarms(N, 1, likeness[i]);
        print_message("windows alike by %.1f: %.1f %% false alarms\n",
                      likeness[i], found);
        assert_true(found <= 1 + (i < 2 ? 4 : 8) * 0.315);
    }
}

/* The rule is not so strict that nothing is ever found. */
static void differences_are_found_in_short_runs(void **state)
{
    (void)state;
    double in_10 = alarms(10, 1.1, 0), in_30 = alarms(30, 1.1, 0.5);
    print_message("10 %% more, noise of 3 %%: found in %.1f %% of runs of 10 "
                  "windows, in %.1f %% of 30 alike by 0.5\n",
                  in_10, in_30);
    assert_true(in_10 > 75);
    assert_true(in_30 > 90);
}

/* B is 10 % above A's first half, and more above its second: the difference
 * is there, but A itself moved by more. */
static void drift_is_no_difference(void **state)
{
    (void)state;
    struct summary_file a, b;
    struct interval shift;
    make(&a, N, 1, 0);
    make(&b, N, 1.1, 0);
    for (int i = N / 2; i < N; i++)
        a.requests[i] *= 0.7;
    assert_int_equal(compare(&a, &b, COMPARE_RATE, &shift), COMPARE_SAME);
    summary_file_fini(&a);
    summary_file_fini(&b);
}

static void few_windows_are_not_tested(void **state)
{
    (void)state;
    struct summary_file a, b;
    struct interval shift;
    make(&a, 4, 1, 0);
    make(&b, N, 2, 0);
    assert_int_equal(compare(&a, &b, COMPARE_RATE, &shift), COMPARE_UNTESTED);
    /* Windows without a request have a rate of 0, and no latency. */
    for (int i = 0; i < N - 4; i++)
        b.requests[i] = 0;
    assert_int_equal(compare(&b, &b, 0, &shift), COMPARE_UNTESTED);
    assert_int_equal(compare(&b, &b, COMPARE_RATE, &shift), COMPARE_SAME);
    summary_file_fini(&a);
    summary_file_fini(&b);
}

static void parts_are_tested(void **state)
{
    (void)state;
    assert_int_equal(compare_parts(0, 1000, 0, 2000), COMPARE_SAME);
    assert_int_equal(compare_parts(0, 1000, 20, 1000), COMPARE_MORE);
    assert_int_equal(compare_parts(20, 1000, 0, 1000), COMPARE_LESS);
    /* 50 of 100 against 64 of 100: z = 2.0; against 69 of 100: z = 2.74 */
    assert_int_equal(compare_parts(50, 100, 64, 100), COMPARE_SAME);
    assert_int_equal(compare_parts(50, 100, 69, 100), COMPARE_MORE);
    assert_int_equal(compare_parts(1, 0, 1, 10), COMPARE_UNTESTED);
    assert_int_equal(compare_parts(5, 5, 7, 7), COMPARE_SAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_found),
        cmocka_unit_test(noise_is_called_noise),
        cmocka_unit_test(differences_are_found_in_short_runs),
        cmocka_unit_test(drift_is_no_difference),
        cmocka_unit_test(few_windows_are_not_tested),
        cmocka_unit_test(parts_are_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
