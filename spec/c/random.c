/* random.c -- tests of base/random.h. The states are fixed, so each test has
 * the same outcome in every run. A check of a right generator fails for a few
 * states in a million. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>

#include "base/random.h"

enum { N = 1000000, N_BINS = 100 };

/* A binomial, or a sum of N, is within 5 standard deviations. */
static const double SIGMAS = 5;

/* The outputs that the generator's authors give for this state. */
static void it_is_splitmix64(void **state)
{
    (void)state;
    static const uint64_t want[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821)};
    uint64_t random = 1234567;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_true(random_next(&random) == want[i]);
}

/* The chi-squared statistic of k bins has mean k - 1 and variance 2(k - 1). */
static void numbers_below_n_are_even(void **state)
{
    (void)state;
    uint64_t random = 1;
    double counts[N_BINS] = {0}, expected = (double)N / N_BINS, chi2 = 0;
    for (int i = 0; i < N; i++) {
        int64_t bin = random_below(&random, N_BINS);
        assert_in_range(bin, 0, N_BINS - 1);
        counts[bin]++;
    }
    for (int i = 0; i < N_BINS; i++)
        chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    assert_true(fabs(chi2 - (N_BINS - 1)) < SIGMAS * sqrt(2. * (N_BINS - 1)));
}

static void numbers_below_extremes(void **state)
{
    (void)state;
    uint64_t random = 1;
    int64_t half = INT64_MAX / 2;
    int n_upper = 0;
    for (int i = 0; i < N; i++) {
        assert_int_equal(random_below(&random, 1), 0);
        int64_t large = random_below(&random, INT64_MAX);
        assert_true(large >= 0 && large < INT64_MAX);
        n_upper += large > half;
    }
    assert_true(fabs(n_upper - N / 2.) < SIGMAS * sqrt(N * .25));
}

/* With p = 1 - e^(-1/mean), a gap is geometric: more than k with probability
 * (1 - p)^k = e^(-k/mean), 1/p on average, with variance (1 - p)/p^2. */
static void gaps_are_exponential(void **state)
{
    (void)state;
    static const double means[] = {0.3, 1, 17, 524288};
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        double mean = means[m], p = -expm1(-1 / mean), sum = 0;
        int64_t ends[] = {(int64_t)ceil(mean / 3), (int64_t)ceil(mean),
                          (int64_t)ceil(mean * 4)};
        int n_beyond[3] = {0};
        uint64_t random = m;
        for (int i = 0; i < N; i++) {
            int64_t gap = random_gap(&random, mean);
            assert_true(gap >= 1);
            sum += (double)gap;
            for (int k = 0; k < 3; k++)
                n_beyond[k] += gap > ends[k];
        }
        assert_true(fabs(sum / N - 1 / p) < SIGMAS * sqrt((1 - p) / N) / p);
        for (int k = 0; k < 3; k++) {
            double q = exp(-(double)ends[k] / mean);
            assert_true(fabs(n_beyond[k] - N * q) <
                        SIGMAS * sqrt(N * q * (1 - q)));
        }
    }
}

static void *draw_own(void *ctx)
{
    *(uint64_t *)ctx = random_next(random_of_thread());
    return NULL;
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    uint64_t numbers[2];
    pthread_t thread;
    draw_own(&numbers[0]);
    assert_int_equal(pthread_create(&thread, NULL, draw_own, &numbers[1]), 0);
    pthread_join(thread, NULL);
    assert_true(numbers[0] != numbers[1]);
    assert_true(random_seed() != random_seed());
}

static void seeding_leaves_errno(void **state)
{
    (void)state;
    errno = ENOTTY;
    assert_true(random_seed() != 0);
    assert_int_equal(errno, ENOTTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_splitmix64),
        cmocka_unit_test(numbers_below_n_are_even),
        cmocka_unit_test(numbers_below_extremes),
        cmocka_unit_test(gaps_are_exponential),
        cmocka_unit_test(each_thread_has_its_own),
        cmocka_unit_test(seeding_leaves_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
