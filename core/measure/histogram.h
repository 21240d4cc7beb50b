/* histogram.h -- many values in bounded memory, with percentiles that are off
 * by less than 0.4 %.
 *
 * Log-linear, as HdrHistogram: each power of two is cut into 128 buckets of
 * equal width, here simply the exponent and the top 7 mantissa bits of the
 * double. A bucket is at most 1/128 of its value wide, and its middle stands
 * for what is in it, so the error is at most 1/256. Count, sum, least and
 * greatest are exact. A power of two that occurs costs 1 KiB.
 */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 128 /* per power of two */
#define HISTOGRAM_POWERS 128  /* 2^-48 to 2^79; what lies outside is clamped */

struct histogram {
    uint64_t count;
    double sum;
    double least, greatest; /* 0 when empty */
    uint64_t n_zero;        /* and what is too small to tell from zero */
    uint64_t *positive[HISTOGRAM_POWERS];
    uint64_t *negative[HISTOGRAM_POWERS];
};

#define HISTOGRAM_INIT ((struct histogram){0})

void histogram_fini(struct histogram *h);

/* Record a number (no NaN, no infinity). False when out of memory: then the
 * value is in count and sum, but in no percentile. */
bool histogram_record(struct histogram *h, double value);

/* Add what is in `from`, and empty it: its buckets keep their memory, or go
 * over to `into` where that has none, so that this cannot fail. Both of one
 * thread. */
void histogram_merge(struct histogram *into, struct histogram *from);

/* Make `into` a copy. False when out of memory: then it is empty. */
bool histogram_copy(struct histogram *into, const struct histogram *from);

/* Take out what an earlier copy of `h` has, so that the rest is what was
 * recorded since. Its least and greatest are then known to half a bucket,
 * unless they are new ones. */
void histogram_subtract(struct histogram *h, const struct histogram *earlier);

/* Add what is in `from`, which stays. False when out of memory: then some of
 * it is in count and sum, but in no percentile. */
bool histogram_add(struct histogram *into, const struct histogram *from);

/* The value that a share of `quantile` (0 to 1) does not exceed; 0 when
 * empty. */
double histogram_quantile(const struct histogram *h, double quantile);

/* The standard deviation of the values, each taken as the middle of its
 * bucket. */
double histogram_deviation(const struct histogram *h);

/* How many values are not greater; those of the bucket that `value` is in by
 * the bucket's middle. */
uint64_t histogram_count_upto(const struct histogram *h, double value);

#endif
