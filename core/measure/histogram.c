#include "measure/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_POWER (-48)
#define MANTISSA_BITS 52
#define BUCKET_BITS 7

void histogram_fini(struct histogram *h)
{
    for (int i = 0; i < HISTOGRAM_POWERS; i++) {
        free(h->positive[i]);
        free(h->negative[i]);
    }
    *h = HISTOGRAM_INIT;
}

/* Returns the counter of `magnitude`, a positive number, NULL if out of memory.
 */
static uint64_t *find_bucket(uint64_t **powers, double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    int power = (int)(bits >> MANTISSA_BITS) - 1023 - LEAST_POWER;
    unsigned bucket =
        (unsigned)(bits >> (MANTISSA_BITS - BUCKET_BITS)) % HISTOGRAM_BUCKETS;
    if (power >= HISTOGRAM_POWERS) {
        power = HISTOGRAM_POWERS - 1;
        bucket = HISTOGRAM_BUCKETS - 1;
    }
    if (!powers[power])
        powers[power] = calloc(HISTOGRAM_BUCKETS, sizeof **powers);
    return powers[power] ? &powers[power][bucket] : NULL;
}

static double bucket_middle(int power, int bucket)
{
    return ldexp(1 + (bucket + 0.5) / HISTOGRAM_BUCKETS, power + LEAST_POWER);
}

bool histogram_record(struct histogram *h, double value)
{
    if (h->count == 0 || value < h->least)
        h->least = value;
    if (h->count == 0 || value > h->greatest)
        h->greatest = value;
    h->count++;
    h->sum += value;
    double magnitude = fabs(value);
    if (magnitude < 0x1p-48) {
        h->n_zero++;
        return true;
    }
    uint64_t *bucket =
        find_bucket(value > 0 ? h->positive : h->negative, magnitude);
    if (!bucket)
        return false;
    ++*bucket;
    return true;
}

static void merge_buckets(uint64_t **into, uint64_t **from)
{
    for (int p = 0; p < HISTOGRAM_POWERS; p++) {
        if (!from[p])
            continue;
        if (!into[p]) {
            into[p] = from[p];
            from[p] = NULL;
            continue;
        }
        for (int b = 0; b < HISTOGRAM_BUCKETS; b++)
            into[p][b] += from[p][b];
        memset(from[p], 0, HISTOGRAM_BUCKETS * sizeof **from);
    }
}

static bool add_buckets(uint64_t **into, uint64_t *const *from)
{
    bool ok = true;
    for (int p = 0; p < HISTOGRAM_POWERS; p++) {
        if (from[p] && !into[p])
            into[p] = calloc(HISTOGRAM_BUCKETS, sizeof **into);
        ok = ok && (into[p] || !from[p]);
        for (int b = 0; from[p] && into[p] && b < HISTOGRAM_BUCKETS; b++)
            into[p][b] += from[p][b];
    }
    return ok;
}

static void add_totals(struct histogram *into, const struct histogram *from)
{
    if (into->count == 0 || from->least < into->least)
        into->least = from->least;
    if (into->count == 0 || from->greatest > into->greatest)
        into->greatest = from->greatest;
    into->count += from->count;
    into->sum += from->sum;
    into->n_zero += from->n_zero;
}

bool histogram_add(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return true;
    add_totals(into, from);
    bool ok = add_buckets(into->positive, from->positive);
    return add_buckets(into->negative, from->negative) && ok;
}

void histogram_merge(struct histogram *into, struct histogram *from)
{
    if (from->count == 0)
        return;
    add_totals(into, from);
    merge_buckets(into->positive, from->positive);
    merge_buckets(into->negative, from->negative);
    from->count = from->n_zero = 0;
    from->sum = from->least = from->greatest = 0;
}

static bool copy_buckets(uint64_t **into, uint64_t *const *from)
{
    for (int p = 0; p < HISTOGRAM_POWERS; p++) {
        if (!from[p] && !into[p])
            continue;
        if (!into[p])
            into[p] = calloc(HISTOGRAM_BUCKETS, sizeof **into);
        if (!into[p])
            return false;
        if (from[p])
            memcpy(into[p], from[p], HISTOGRAM_BUCKETS * sizeof **into);
        else
            memset(into[p], 0, HISTOGRAM_BUCKETS * sizeof **into);
    }
    return true;
}

bool histogram_copy(struct histogram *into, const struct histogram *from)
{
    into->count = from->count;
    into->sum = from->sum;
    into->least = from->least;
    into->greatest = from->greatest;
    into->n_zero = from->n_zero;
    if (copy_buckets(into->positive, from->positive) &&
        copy_buckets(into->negative, from->negative))
        return true;
    histogram_fini(into);
    return false;
}

static void subtract_buckets(uint64_t **from, uint64_t *const *what)
{
    for (int p = 0; p < HISTOGRAM_POWERS; p++)
        for (int b = 0; from[p] && what[p] && b < HISTOGRAM_BUCKETS; b++)
            from[p][b] -= what[p][b];
}

/* Returns the middle of the bucket that contains the value with this rank, in
 * ascending order. */
static double find_rank(const struct histogram *h, uint64_t rank)
{
    uint64_t passed = 0;
    for (int p = HISTOGRAM_POWERS - 1; p >= 0; p--)
        for (int b = HISTOGRAM_BUCKETS - 1; h->negative[p] && b >= 0; b--)
            if ((passed += h->negative[p][b]) >= rank)
                return -bucket_middle(p, b);
    if ((passed += h->n_zero) >= rank)
        return 0;
    for (int p = 0; p < HISTOGRAM_POWERS; p++)
        for (int b = 0; h->positive[p] && b < HISTOGRAM_BUCKETS; b++)
            if ((passed += h->positive[p][b]) >= rank)
                return bucket_middle(p, b);
    return h->greatest;
}

double histogram_quantile(const struct histogram *h, double quantile)
{
    if (h->count == 0)
        return 0;
    uint64_t rank = (uint64_t)ceil(quantile * (double)h->count);
    double value = find_rank(h, rank ? rank : 1);
    return fmin(fmax(value, h->least), h->greatest);
}

void histogram_subtract(struct histogram *h, const struct histogram *earlier)
{
    double least = h->least, greatest = h->greatest;
    h->count -= earlier->count;
    h->sum -= earlier->sum;
    h->n_zero -= earlier->n_zero;
    subtract_buckets(h->positive, earlier->positive);
    subtract_buckets(h->negative, earlier->negative);
    if (h->count == 0) {
        h->least = h->greatest = 0;
        return;
    }
    bool is_new = earlier->count == 0;
    if (!is_new && least == earlier->least)
        h->least = fmin(find_rank(h, 1), greatest);
    if (!is_new && greatest == earlier->greatest)
        h->greatest = fmin(find_rank(h, h->count), greatest);
}

uint64_t histogram_count_upto(const struct histogram *h, double value)
{
    uint64_t n = value >= 0 ? h->n_zero : 0;
    if (h->count == 0 || value >= h->greatest)
        return h->count;
    for (int p = 0; p < HISTOGRAM_POWERS; p++)
        for (int b = 0; b < HISTOGRAM_BUCKETS; b++) {
            if (h->negative[p] && -bucket_middle(p, b) <= value)
                n += h->negative[p][b];
            if (h->positive[p] && bucket_middle(p, b) <= value)
                n += h->positive[p][b];
        }
    return n;
}

double histogram_deviation(const struct histogram *h)
{
    if (h->count == 0)
        return 0;
    double mean = h->sum / (double)h->count;
    double squares = (double)h->n_zero * mean * mean;
    for (int p = 0; p < HISTOGRAM_POWERS; p++)
        for (int b = 0; b < HISTOGRAM_BUCKETS; b++) {
            double distance = bucket_middle(p, b) - mean;
            if (h->positive[p])
                squares += (double)h->positive[p][b] * distance * distance;
            distance = -bucket_middle(p, b) - mean;
            if (h->negative[p])
                squares += (double)h->negative[p][b] * distance * distance;
        }
    return sqrt(squares / (double)h->count);
}
