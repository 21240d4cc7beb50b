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

void series_end(struct series *series) { series->start_ns = 0; }

void series_fini(struct series *series)
{
    for (unsigned i = 0; i < series->n; i++)
        histogram_fini(&series->buckets[i].latency);
    free(series->buckets);
    *series = SERIES_INIT;
}

static void add_bucket(struct series_bucket *into, struct series_bucket *from)
{
    into->span_ns += from->span_ns;
    into->cpu_ns += from->cpu_ns;
    into->n_requests += from->n_requests;
    into->n_failed += from->n_failed;
    into->n_ended += from->n_ended;
    into->n_dropped += from->n_dropped;
    histogram_merge(&into->latency, &from->latency);
    into->lag_ms = fmax(into->lag_ms, from->lag_ms);
    if (from->n_active > into->n_active)
        into->n_active = from->n_active;
    if (from->n_late > into->n_late)
        into->n_late = from->n_late;
}

/* Make one bucket of each two. */
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

/* NULL: it does not count now. What comes too early is of the first. */
static struct series_bucket *find(struct series *series, int64_t at_ns)
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

void series_count(struct series *series, int64_t from_ns, int64_t to_ns,
                  int64_t cpu_ns, const struct results *results)
{
    struct metric *const *all = results->metrics.all;
    const struct histogram *lag = &all[METRIC_PACING_LAG]->values;
    struct series_bucket *bucket =
        find(series, from_ns + (to_ns - from_ns) / 2);
    if (!bucket)
        return;
    bucket->span_ns += to_ns - from_ns;
    bucket->cpu_ns += cpu_ns;
    bucket->n_requests += all[METRIC_HTTP_REQS]->count;
    bucket->n_failed += (uint64_t)all[METRIC_HTTP_REQ_FAILED]->sum;
    bucket->n_ended += all[METRIC_ITERATIONS]->count;
    bucket->n_dropped += all[METRIC_DROPPED_ITERATIONS]->count;
    histogram_add(&bucket->latency, &all[METRIC_HTTP_REQ_LATENCY]->values);
    bucket->lag_ms = fmax(bucket->lag_ms, histogram_quantile(lag, 0.99));
}

void series_look(struct series *series, int64_t now_ns, uint32_t n_active,
                 uint64_t n_late)
{
    struct series_bucket *bucket = find(series, now_ns);
    if (!bucket)
        return;
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
