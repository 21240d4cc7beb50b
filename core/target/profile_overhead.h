/* profile_overhead.h -- measures the cost of the target's CPU profiler: windows
 * of the load with a running profile and windows without one alternate, and
 * each pair of neighbours is compared, so that slow changes of the load cancel
 * out.
 *
 *   profile:  |== 1 s ==|                      |== 1 s ==| ...
 *   window:     [ on  ]     [ off ]   [ off ]    [ on  ]
 *               +---- pair 1 ----+    +---- pair 2 ----+
 *
 * The begin (`settle`) and the end of a profile are not in the window, because
 * there the target starts, stops and writes the profile. A pair whose profile
 * ended before its window is dropped.
 *
 * All functions are called on the thread of the given loop. The two functions
 * that write are in report/profile_overhead_section.c.
 *
 * Path: load/target_profiles.c -> [profile_overhead] -> measure/window.c,
 * measure/interval.c
 */
#ifndef TARGET_PROFILE_OVERHEAD_H
#define TARGET_PROFILE_OVERHEAD_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_writer.h"
#include "measure/interval.h"
#include "measure/window.h"

#define PROFILE_OVERHEAD_PAIRS_MAX 2000
#define PROFILE_OVERHEAD_CONFIDENCE 0.95

struct profile_overhead;

/* The callbacks by which the measurement asks the load test. They are called on
 * the loop's thread. */
struct profile_overhead_env {
    /* Returns "http://host:port" of the run's first request, or NULL if there
     * was none yet. */
    const char *(*target)(void *ctx);
    /* Reads the counts of the run so far. The histogram is valid until the
     * callback's caller returns to the loop. */
    void (*snapshot)(void *ctx, struct window_counts *counts);
    bool skip_verify; /* accept any TLS certificate */
    void *ctx;
};

/* Lengths in milliseconds, except profile_seconds. */
struct profile_overhead_times {
    unsigned warm_up; /* time of load before the first window */
    unsigned settle, measure;
    unsigned profile_seconds;
};
extern const struct profile_overhead_times profile_overhead_times;

/* Makes the measurement. `url` is the target, or "" for the server of the first
 * request. All arguments belong to the caller and outlive the measurement.
 * Returns NULL and sets err if out of memory. */
struct profile_overhead *profile_overhead_new(
    uv_loop_t *loop, const char *url, const struct profile_overhead_env *env,
    const struct profile_overhead_times *times, struct err *err);

/* Called when the load begins and when it has ended. */
void profile_overhead_start(struct profile_overhead *overhead);
void profile_overhead_load_ended(struct profile_overhead *overhead);

/* Closes the handles. The caller runs the loop to its end, then calls
 * profile_overhead_free. */
void profile_overhead_close(struct profile_overhead *overhead);
void profile_overhead_free(struct profile_overhead *overhead);

struct profile_overhead_result {
    const char *failure; /* reason why the measurement ended early; NULL:
                            none */
    unsigned n_pairs;
    double window_seconds; /* mean length of the windows */
    /* Medians of the windows with a profile and without one. */
    double rate_on, rate_off; /* requests per second */
    double p99_on, p99_off;   /* milliseconds */
    /* Differences within pairs, with a profile minus without. */
    struct interval rate_percent, p99_ms;
};

/* Computes the result of the pairs so far. Returns false if out of memory. */
bool profile_overhead_result(const struct profile_overhead *overhead,
                             struct profile_overhead_result *result);

/* Write the section of the summary, and the member "profiler_overhead" of its
 * JSON. */
void profile_overhead_write(struct buf *out,
                            const struct profile_overhead *overhead);
void profile_overhead_write_json(struct json_writer *json,
                                 const struct profile_overhead *overhead);

#endif
