/* interval.h -- medians, and what is known of them: intervals that hold for
 * any distribution, since latencies have none that is known.
 */
#ifndef MEASURE_INTERVAL_H
#define MEASURE_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

struct interval {
    double value;
    double low, high;
    bool is_known; /* false: too few values for an interval */
};

/* The median of `n` values, and between which of them the true one lies, with
 * a confidence of at least `confidence` (0.95: from 6 values on), by the sign
 * test: so many values above or below a wrong one would be too rare. Sorts the
 * values. 0 of none. */
struct interval interval_of_median(double *values, size_t n, double confidence);

/* By how much `b` is above `a`: the median of all differences between one of
 * each (Hodges and Lehmann), and its interval by the test of Mann and Whitney,
 * in its normal approximation. At least INTERVAL_LEAST of each; fewer have no
 * interval. `stretch`: how many times wider it has to be because the values of
 * a sample are not independent; 1 where they are. False: out of memory. */
#define INTERVAL_LEAST 5
bool interval_of_shift(const double *a, size_t n_a, const double *b, size_t n_b,
                       double confidence, double stretch,
                       struct interval *shift);

/* The correlation of neighbours in a series, from 0 to 0.95, corrected for
 * being estimated from `n` values. */
double interval_likeness(const double *values, size_t n);

/* The middle one of `n` values, or the mean of the two; 0 of none. Sorts. */
double interval_median(double *values, size_t n);

/* Of a normal distribution: how many standard deviations hold this share,
 * 1.96 for 0.95. */
double interval_normal(double confidence);

#endif
