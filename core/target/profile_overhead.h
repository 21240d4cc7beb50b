/* profile_overhead.h -- what the target's CPU profiler costs it: windows of the
 * load with a profile being taken and without one take turns, and each pair of
 * neighbours is compared, so that what changes slowly does not matter.
 *
 * The first and last part of each window is not counted: a profile begins and
 * ends there, and is written after it. Pairs are on-off, then off-on.
 *
 * All on the thread of the loop it is given.
 *
 * Path: load.c -> [profile_overhead] -> window.c, interval.c
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

/* Called on the loop's thread. */
struct profile_overhead_env {
    /* "http://host:port" of the first request; NULL: there was none yet. */
    const char *(*target)(void *ctx);
    /* What was counted until about now. The histogram must stay for the
     * moment only. */
    void (*snapshot)(void *ctx, struct window_counts *counts);
    bool skip_verify; /* of TLS: any certificate will do */
    void *ctx;
};

/* In milliseconds; a profile takes whole seconds. */
struct profile_overhead_times {
    unsigned warm_up; /* of the load, before the first window */
    unsigned settle, measure;
    unsigned profile_seconds;
};
extern const struct profile_overhead_times profile_overhead_times;

/* `url`: of the target, or "", as in profile_options.h. All arguments must
 * stay. NULL and err: out of memory. */
struct profile_overhead *profile_overhead_new(
    uv_loop_t *loop, const char *url, const struct profile_overhead_env *env,
    const struct profile_overhead_times *times, struct err *err);

/* The load begins now; it has ended. */
void profile_overhead_start(struct profile_overhead *overhead);
void profile_overhead_load_ended(struct profile_overhead *overhead);

/* Close its handles; then run the loop to its end; then free. */
void profile_overhead_close(struct profile_overhead *overhead);
void profile_overhead_free(struct profile_overhead *overhead);

struct profile_overhead_result {
    const char *failure; /* NULL: none */
    unsigned n_pairs;
    double window_seconds; /* the mean, of what was counted */
    /* Medians of all windows of a sort. */
    double rate_on, rate_off; /* requests/s */
    double p99_on, p99_off;   /* ms */
    /* Of the pairs' differences, on less off. */
    struct interval rate_percent, p99_ms;
};

/* False: out of memory. */
bool profile_overhead_result(const struct profile_overhead *overhead,
                             struct profile_overhead_result *result);

/* The section of the summary, and the member "profiler_overhead" of its
 * JSON. */
void profile_overhead_write(struct buf *out,
                            const struct profile_overhead *overhead);
void profile_overhead_write_json(struct json_writer *json,
                                 const struct profile_overhead *overhead);

#endif
