/* interval.h -- medians with confidence intervals.
 *
 * The intervals hold for every distribution, because the distribution of
 * latencies is not known.
 *
 * Path: target/profile_overhead.c, report/compare.c -> [interval]
 */
#ifndef MEASURE_INTERVAL_H
#define MEASURE_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
    double value;
    double low, high;
    bool is_known; /* false if there are too few values */
};

/* Returns the median of `n` values and the interval that contains the true
 * median with a confidence of at least `confidence`, by the sign test (with
 * 0.95 it needs 6 values). Sorts the values. The median of no values is 0. */
struct interval interval_of_median(double *values, size_t n, double confidence);

/* Sets `shift` to the shift from `a` to `b`: the median of all differences
 * between a value of `b` and a value of `a` (Hodges and Lehmann), with an
 * interval by the normal approximation of the Mann-Whitney test. Fewer than
 * INTERVAL_LEAST values on a side give no interval. `stretch` widens the
 * interval for values that are not independent; it is 1 for independent ones.
 * Returns false if out of memory. */
#define INTERVAL_LEAST 5
bool interval_of_shift(const double *a, size_t n_a, const double *b, size_t n_b,
                       double confidence, double stretch,
                       struct interval *shift);

/* Returns the correlation of neighbouring values in a series, 0 to 0.95,
 * corrected for the bias of an estimate from `n` values. */
double interval_likeness(const double *values, size_t n);

/* Returns the median of `n` values, 0 if there are none. Sorts the values. */
double interval_median(double *values, size_t n);

/* Returns the number of standard deviations round the mean that contain this
 * share of a normal distribution: 1.96 for 0.95. */
double interval_normal(double confidence);

#endif
