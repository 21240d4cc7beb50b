/* window.h -- what became of the requests in one stretch of time: the
 * difference of two looks at counters and a histogram that only grow.
 *
 * Windows are what says how much a run's numbers vary, and so whether another
 * run's differ: the series of them is in the JSON summary, and `load compare`
 * reads it. profile_overhead.c sets windows of its own.
 */
#ifndef MEASURE_WINDOW_H
#define MEASURE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "measure/histogram.h"

/* Of durations in ms: the mean, and quantiles. */
#define WINDOW_COLUMNS 6
extern const char *const window_columns[WINDOW_COLUMNS]; /* "avg", "p(99)" */

/* All that was counted since the start, as it was at `now_ns`. */
struct window_counts {
    int64_t now_ns; /* monotonic */
    uint64_t n_requests, n_failed;
    const struct histogram *duration; /* http_req_duration, ms */
};

struct window {
    double seconds;
    uint64_t n_requests, n_failed;
    double columns[WINDOW_COLUMNS]; /* 0 where there was no request */
};

/* An open window: how it stood at its begin. */
struct window_mark {
    int64_t now_ns;
    uint64_t n_requests, n_failed;
    struct histogram duration;
};

/* Begin one, instead of the one that the mark holds. False: out of memory. A
 * zeroed mark holds none. */
bool window_open(struct window_mark *mark, const struct window_counts *counts);

/* What came since. False: out of memory. The mark stays. */
bool window_take(const struct window_mark *mark,
                 const struct window_counts *counts, struct window *window);
void window_mark_fini(struct window_mark *mark);

/* Windows of about equal length, one after the other. */
#define WINDOW_SERIES_MAX 600

struct window_series {
    int64_t length_ns;
    struct window_mark mark;
    struct window *windows;
    size_t n;
};

/* For a run of up to `run_ns`: windows of a second, or of as many that
 * WINDOW_SERIES_MAX are enough. A longer run has no more windows. */
void window_series_init(struct window_series *series, int64_t run_ns);
void window_series_fini(struct window_series *series);

/* Call it at the start, and then about once a second, or more often. False:
 * out of memory. */
bool window_series_tick(struct window_series *series,
                        const struct window_counts *counts);

/* Writes the member "windows": {"seconds": [...], "requests": [...],
 * "failed": [...], and one array for each of summary_columns}, with an element
 * for each window. */
void window_series_write_json(struct json_writer *json,
                              const struct window_series *series);

#endif
