#include "measure/window.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

/* --- differences of histograms ------------------------------------------- */

/* Copies the buckets of `powers` minus those of `before`, which may be NULL.
 * Returns false if out of memory. */
static bool subtract(uint64_t *out[HISTOGRAM_POWERS],
                     uint64_t *const powers[HISTOGRAM_POWERS],
                     uint64_t *const before[HISTOGRAM_POWERS])
{
    for (int p = 0; p < HISTOGRAM_POWERS; p++) {
        if (!powers[p])
            continue;
        out[p] = malloc(HISTOGRAM_BUCKETS * sizeof **out);
        if (!out[p])
            return false;
        for (int b = 0; b < HISTOGRAM_BUCKETS; b++)
            out[p][b] = powers[p][b] - (before && before[p] ? before[p][b] : 0);
    }
    return true;
}

/* Sets `out` to the difference. Least and greatest are those of all values,
 * because the difference does not know its own. Returns false if out of memory;
 * histogram_fini must be called in both cases. */
static bool difference(struct histogram *out, const struct histogram *now,
                       const struct histogram *before)
{
    *out = HISTOGRAM_INIT;
    out->count = now->count - before->count;
    out->sum = now->sum - before->sum;
    out->n_zero = now->n_zero - before->n_zero;
    out->least = now->least;
    out->greatest = now->greatest;
    return subtract(out->positive, now->positive, before->positive) &&
           subtract(out->negative, now->negative, before->negative);
}

const char *const window_columns[WINDOW_COLUMNS] = {
    "avg", "med", "p(90)", "p(95)", "p(99)", "p(99.9)"};

static double column_of(const struct histogram *h, unsigned column)
{
    static const double quantiles[WINDOW_COLUMNS] = {0,    0.5,  0.9,
                                                     0.95, 0.99, 0.999};
    if (h->count == 0)
        return 0;
    return column == 0 ? h->sum / (double)h->count
                       : histogram_quantile(h, quantiles[column]);
}

/* --- one window ---------------------------------------------------------- */

bool window_open(struct window_mark *mark, const struct window_counts *counts)
{
    static const struct histogram nothing;
    histogram_fini(&mark->duration);
    mark->now_ns = counts->now_ns;
    mark->n_requests = counts->n_requests;
    mark->n_failed = counts->n_failed;
    return difference(&mark->duration, counts->duration, &nothing);
}

bool window_take(const struct window_mark *mark,
                 const struct window_counts *counts, struct window *window)
{
    struct histogram durations;
    window->seconds = (double)(counts->now_ns - mark->now_ns) / 1e9;
    window->n_requests = counts->n_requests - mark->n_requests;
    window->n_failed = counts->n_failed - mark->n_failed;
    bool ok = difference(&durations, counts->duration, &mark->duration);
    for (unsigned i = 0; ok && i < WINDOW_COLUMNS; i++)
        window->columns[i] = column_of(&durations, i);
    histogram_fini(&durations);
    return ok;
}

void window_mark_fini(struct window_mark *mark)
{
    histogram_fini(&mark->duration);
}

/* --- the series ----------------------------------------------------------- */

void window_series_init(struct window_series *series, int64_t run_ns)
{
    int64_t seconds = (run_ns + SECOND_NS - 1) / SECOND_NS;
    *series = (struct window_series){0};
    series->length_ns =
        (seconds + WINDOW_SERIES_MAX - 1) / WINDOW_SERIES_MAX * SECOND_NS;
    if (series->length_ns == 0)
        series->length_ns = SECOND_NS;
}

void window_series_fini(struct window_series *series)
{
    window_mark_fini(&series->mark);
    free(series->windows);
}

bool window_series_tick(struct window_series *series,
                        const struct window_counts *counts)
{
    if (!series->windows) {
        series->windows = calloc(WINDOW_SERIES_MAX, sizeof *series->windows);
        return series->windows && window_open(&series->mark, counts);
    }
    /* A tick may be a little early, or follow a late one. It still ends this
     * window, so that there is one window per second. */
    int64_t slack_ns = SECOND_NS / 5;
    if (counts->now_ns - series->mark.now_ns < series->length_ns - slack_ns ||
        series->n == WINDOW_SERIES_MAX)
        return true;
    if (!window_take(&series->mark, counts, &series->windows[series->n]))
        return false;
    series->n++;
    return window_open(&series->mark, counts);
}

void window_series_write_json(struct json_writer *json,
                              const struct window_series *series)
{
    json_begin_object(json, "windows");
    json_begin_array(json, "seconds");
    for (size_t i = 0; i < series->n; i++)
        json_fixed(json, NULL, 3, series->windows[i].seconds);
    json_end_array(json);
    json_begin_array(json, "requests");
    for (size_t i = 0; i < series->n; i++)
        json_int(json, NULL, (int64_t)series->windows[i].n_requests);
    json_end_array(json);
    json_begin_array(json, "failed");
    for (size_t i = 0; i < series->n; i++)
        json_int(json, NULL, (int64_t)series->windows[i].n_failed);
    json_end_array(json);
    for (unsigned column = 0; column < WINDOW_COLUMNS; column++) {
        json_begin_array(json, window_columns[column]);
        for (size_t i = 0; i < series->n; i++)
            json_significant(json, NULL, 5, series->windows[i].columns[column]);
        json_end_array(json);
    }
    json_end_object(json);
}
