/* histogram.h -- stores many values in bounded memory; percentiles are off by
 * less than 0.4 %.
 *
 * The histogram is log-linear, as HdrHistogram: each power of two is divided
 * into 128 buckets of equal width. The bucket of a double is its exponent and
 * the top 7 bits of its mantissa. A bucket is at most 1/128 of its value wide,
 * and its middle stands for all values in it, so the error is at most 1/256.
 * Count, sum, least and greatest are exact. Each power of two that occurs takes
 * 1 KiB.
 *
 * Path: metrics.c -> [histogram] -> trend_stat.c
 */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 128 /* per power of two */
/* From 2^-48 to 2^79: larger values are clamped, smaller ones count as zero. */
#define HISTOGRAM_POWERS 128

struct histogram {
    uint64_t count;
    double sum;
    double least, greatest; /* 0 if empty */
    uint64_t n_zero;        /* values of zero, or too small to tell from zero */
    uint64_t *positive[HISTOGRAM_POWERS];
    uint64_t *negative[HISTOGRAM_POWERS];
};

#define HISTOGRAM_INIT ((struct histogram){0})

void histogram_fini(struct histogram *h);

/* Records a finite number. Returns false if out of memory; then count and sum
 * include the value, but percentiles do not. */
bool histogram_record(struct histogram *h, double value);

/* Adds the values of `from` to `into` and empties `from`. Buckets that `into`
 * lacks are moved, so the merge cannot fail. Both belong to the calling thread.
 */
void histogram_merge(struct histogram *into, struct histogram *from);

/* Makes `into` a copy of `from`. Returns false if out of memory; then `into` is
 * empty. */
bool histogram_copy(struct histogram *into, const struct histogram *from);

/* Removes the values of an earlier copy of `h`, so that those recorded since
 * remain. Least and greatest are then accurate to half a bucket, unless they
 * were recorded since. */
void histogram_subtract(struct histogram *h, const struct histogram *earlier);

/* Adds the values of `from`, which stays as it is. Returns false if out of
 * memory; then percentiles miss some values. */
bool histogram_add(struct histogram *into, const struct histogram *from);

/* Returns the value that a share of `quantile` (0 to 1) does not exceed, 0 if
 * empty. */
double histogram_quantile(const struct histogram *h, double quantile);

/* Returns the standard deviation, with each value at the middle of its bucket.
 */
double histogram_deviation(const struct histogram *h);

/* Returns how many values are not greater than `value`. The values of the
 * bucket that contains `value` count by the middle of the bucket. */
uint64_t histogram_count_upto(const struct histogram *h, double value);

#endif
