#include "measure/series.h"

#include <math.h>
#include <stdlib.h>

#include "measure/results.h"

bool series_begin(struct series *series, int64_t start_ns,
                  unsigned n_generators)
{
    series_fini(series);
    *series = (struct series){
        .start_ns = start_ns,
        .width_ns = SERIES_WIDTH_NS,
        .n_generators = n_generators,
        .buckets = calloc(SERIES_MAX, sizeof *series->buckets),
    };
    return series->buckets != NULL;
}

void series_fini(struct series *series)
{
    for (unsigned i = 0; i < series->n; i++)
        histogram_fini(&series->buckets[i].latency);
    free(series->buckets);
    *series = SERIES_INIT;
}

static void add_rates(struct series_bucket *into,
                      const struct series_bucket *from)
{
    if (!from->has_rates)
        return;
    if (!into->has_rates || from->least_rate < into->least_rate)
        into->least_rate = from->least_rate;
    if (!into->has_rates || from->greatest_rate > into->greatest_rate)
        into->greatest_rate = from->greatest_rate;
    into->has_rates = true;
}

static void add_bucket(struct series_bucket *into, struct series_bucket *from)
{
    add_rates(into, from);
    for (unsigned i = 0; i < SERIES_FAILURES_MAX; i++)
        into->failures[i] += from->failures[i];
    into->span_ns += from->span_ns;
    into->cpu_ns += from->cpu_ns;
    into->n_requests += from->n_requests;
    into->n_failed += from->n_failed;
    into->n_ended += from->n_ended;
    into->n_dropped += from->n_dropped;
    histogram_merge(&into->latency, &from->latency);
    into->lag_ms = fmax(into->lag_ms, from->lag_ms);
    into->has_looked |= from->has_looked;
    if (from->n_active > into->n_active)
        into->n_active = from->n_active;
    if (from->n_late > into->n_late)
        into->n_late = from->n_late;
}

/* Merges each two buckets into one of twice the width. */
static void halve(struct series *series)
{
    for (unsigned i = 0; i < series->n; i++) {
        struct series_bucket *from = &series->buckets[i];
        struct series_bucket *into = &series->buckets[i / 2];
        if (into == from)
            continue;
        if (i % 2 == 0) {
            *into = *from;
        } else {
            add_bucket(into, from);
            histogram_fini(&from->latency);
        }
        *from = (struct series_bucket){0};
    }
    series->n = (series->n + 1) / 2;
    series->width_ns *= 2;
}

/* Returns the bucket of this time, NULL if the series does not count now. A
 * time before the start belongs to the first bucket. */
static struct series_bucket *find_series_bucket(struct series *series,
                                                int64_t at_ns)
{
    if (series->start_ns == 0 || !series->buckets)
        return NULL;
    int64_t since_ns = at_ns - series->start_ns;
    if (since_ns < 0)
        since_ns = 0;
    while (since_ns / series->width_ns >= SERIES_MAX)
        halve(series);
    unsigned i = (unsigned)(since_ns / series->width_ns);
    if (i >= series->n)
        series->n = i + 1;
    return &series->buckets[i];
}

/* Ends the current 100 ms and notes its rate in the bucket. A piece of little
 * time is left out, because a single request in it would give a huge rate. */
static void end_piece(struct series *series)
{
    struct series_piece *piece = &series->piece;
    struct series_bucket *bucket = find_series_bucket(series, piece->at_ns);
    if (bucket &&
        piece->span_ns * 2 >= SERIES_WIDTH_NS * series->n_generators) {
        struct series_bucket part = {.span_ns = piece->span_ns,
                                     .has_rates = true};
        part.least_rate = part.greatest_rate =
            series_rate(series, &part, piece->n_requests);
        add_rates(bucket, &part);
    }
    *piece = (struct series_piece){0};
}

static void count_piece(struct series *series, int64_t at_ns, int64_t span_ns,
                        uint64_t n_requests)
{
    struct series_piece *piece = &series->piece;
    int64_t i = (at_ns - series->start_ns) / SERIES_WIDTH_NS;
    if (piece->span_ns > 0 &&
        i != (piece->at_ns - series->start_ns) / SERIES_WIDTH_NS)
        end_piece(series);
    piece->at_ns = at_ns;
    piece->span_ns += span_ns;
    piece->n_requests += n_requests;
}

void series_end(struct series *series)
{
    if (series->piece.span_ns > 0)
        end_piece(series);
    series->start_ns = 0;
}

static uint64_t *find_failure(struct series *series,
                              struct series_bucket *bucket, int failure)
{
    unsigned i = 0, last = SERIES_FAILURES_MAX - 1;
    while (i < series->n_failures && series->failures[i] != failure)
        i++;
    if (i == series->n_failures && i < SERIES_FAILURES_MAX) {
        series->failures[i] = i < last ? failure : SERIES_OTHER_FAILURES;
        series->n_failures++;
    }
    return &bucket->failures[i < last ? i : last];
}

static void count_failures(struct series *series, struct series_bucket *bucket,
                           const struct outcome *outcome)
{
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++)
        if (outcome->by_status[i] && (i < 200 || i >= 400))
            *find_failure(series, bucket, i) += outcome->by_status[i];
    for (unsigned i = 0; i < outcome->n_errors; i++)
        if (outcome->errors[i].count)
            *find_failure(series, bucket, (int)outcome->errors[i].error) +=
                outcome->errors[i].count;
}

/* Adds the time to the bucket that contains its middle and returns the bucket.
 * A generator without virtual users ends before the start. */
static struct series_bucket *count_time(struct series *series, int64_t from_ns,
                                        int64_t to_ns, uint64_t n_requests)
{
    int64_t span_ns = to_ns > from_ns ? to_ns - from_ns : 0;
    int64_t at_ns = from_ns + span_ns / 2;
    struct series_bucket *bucket = find_series_bucket(series, at_ns);
    if (!bucket)
        return NULL;
    count_piece(series, at_ns, span_ns, n_requests);
    bucket->span_ns += span_ns;
    return bucket;
}

void series_pass(struct series *series, int64_t from_ns, int64_t to_ns)
{
    count_time(series, from_ns, to_ns, 0);
}

void series_count(struct series *series, int64_t from_ns, int64_t to_ns,
                  int64_t cpu_ns, const struct results *results)
{
    struct metric *const *all = results->metrics.all;
    const struct histogram *lag = &all[METRIC_PACING_LAG]->values;
    struct series_bucket *bucket =
        count_time(series, from_ns, to_ns, all[METRIC_HTTP_REQS]->count);
    if (!bucket)
        return;
    bucket->cpu_ns += cpu_ns;
    bucket->n_requests += all[METRIC_HTTP_REQS]->count;
    bucket->n_failed += (uint64_t)all[METRIC_HTTP_REQ_FAILED]->sum;
    count_failures(series, bucket, &results->outcome);
    bucket->n_ended += all[METRIC_ITERATIONS]->count;
    bucket->n_dropped += all[METRIC_DROPPED_ITERATIONS]->count;
    histogram_add(&bucket->latency, &all[METRIC_HTTP_REQ_LATENCY]->values);
    bucket->lag_ms = fmax(bucket->lag_ms, histogram_quantile(lag, 0.99));
}

void series_look(struct series *series, int64_t now_ns, uint32_t n_active,
                 uint64_t n_late)
{
    struct series_bucket *bucket = find_series_bucket(series, now_ns);
    if (!bucket)
        return;
    bucket->has_looked = true;
    if (n_active > bucket->n_active)
        bucket->n_active = n_active;
    if (n_late > bucket->n_late)
        bucket->n_late = n_late;
}

double series_rate(const struct series *series,
                   const struct series_bucket *bucket, uint64_t n)
{
    if (bucket->span_ns == 0)
        return 0;
    return (double)n * 1e9 * series->n_generators / (double)bucket->span_ns;
}

double series_cores(const struct series *series,
                    const struct series_bucket *bucket)
{
    if (bucket->span_ns == 0)
        return 0;
    return (double)bucket->cpu_ns * series->n_generators /
           (double)bucket->span_ns;
}
