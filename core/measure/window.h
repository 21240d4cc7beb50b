/* window.h -- the requests of one stretch of time: the difference between two
 * states of counters and a histogram that only grow.
 *
 * The windows of a run show how much its numbers vary, and so whether the
 * numbers of another run differ. The JSON summary contains the windows, and
 * `load compare` reads them. target/profile_overhead.c makes windows of its
 * own.
 *
 * Path: load/load.c -> [window] -> report/summary_json.c
 */
#ifndef MEASURE_WINDOW_H
#define MEASURE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "measure/histogram.h"

/* The statistics of durations in ms. */
#define WINDOW_COLUMNS 6
extern const char *const window_columns[WINDOW_COLUMNS]; /* "avg", "p(99)" */

/* The counts since the start of the run, at the time `now_ns`. */
struct window_counts {
    int64_t now_ns; /* monotonic */
    uint64_t n_requests, n_failed;
    const struct histogram *duration; /* http_req_duration, ms */
};

struct window {
    double seconds;
    uint64_t n_requests, n_failed;
    double columns[WINDOW_COLUMNS]; /* 0 if there was no request */
};

/* The counts at the begin of an open window. */
struct window_mark {
    int64_t now_ns;
    uint64_t n_requests, n_failed;
    struct histogram duration;
};

/* Begins a window; an open window of the mark is dropped. A mark of zeros has
 * none. Returns false if out of memory. */
bool window_open(struct window_mark *mark, const struct window_counts *counts);

/* Sets `window` to the counts since the mark, which stays. Returns false if out
 * of memory. */
bool window_take(const struct window_mark *mark,
                 const struct window_counts *counts, struct window *window);
void window_mark_fini(struct window_mark *mark);

/* Successive windows of about equal length. */
#define WINDOW_SERIES_MAX 600

struct window_series {
    int64_t length_ns;
    struct window_mark mark;
    struct window *windows;
    size_t n;
};

/* Prepares for a run of up to `run_ns`. The windows last a second, or so many
 * seconds that WINDOW_SERIES_MAX windows are enough. After that time no more
 * windows are added. */
void window_series_init(struct window_series *series, int64_t run_ns);
void window_series_fini(struct window_series *series);

/* Called at the start, and then once a second or more often. Returns false if
 * out of memory. */
bool window_series_tick(struct window_series *series,
                        const struct window_counts *counts);

/* Writes the member "windows": {"seconds": [...], "requests": [...],
 * "failed": [...], and one array for each of window_columns}, with an element
 * for each window. */
void window_series_write_json(struct json_writer *json,
                              const struct window_series *series);

#endif
