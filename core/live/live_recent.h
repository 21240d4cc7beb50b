/* live_recent.h -- the recent rate, latencies and generator load of a run, and
 * their history second by second.
 *
 * The values are differences between the totals and earlier copies of them, so
 * the generators do no extra work.
 *
 * Path: load/load.c -> [live_recent] -> live_state.c
 */
#ifndef LIVE_LIVE_RECENT_H
#define LIVE_LIVE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/config.h"
#include "measure/histogram.h"

struct load;

#define LIVE_SECONDS_MAX 120
#define LIVE_MARKS_MAX 2

/* Milliseconds. */
struct live_latency {
    uint64_t n; /* number of values; if 0, the rest is 0 */
    double p50, p99, p999, greatest;
};

/* The totals at one time. */
struct live_mark {
    int64_t at_ns;
    double n; /* requests, or iterations */
    struct histogram latency, lag;
    struct {
        int64_t at_ns, cpu_ns, idle_ns;
    } generators[CONFIG_THREADS_MAX];
};

struct live_recent {
    unsigned span;       /* number of updates in a moment */
    double rate;         /* requests, or iterations, per second */
    bool are_iterations; /* no request was sent, so `rate` counts iterations */
    struct live_latency latency;
    uint64_t n_lags;
    double lag_p99_ms;
    double cores;   /* CPU time of the generators / time */
    double busiest; /* largest share of time that a loop did not wait */

    /* One value per moment, the latest last; -1 if missing. */
    double rates[LIVE_SECONDS_MAX], p99s[LIVE_SECONDS_MAX];
    size_t n_seconds;

    uint64_t n_updates;
    struct live_mark marks[LIVE_MARKS_MAX]; /* the last `span` updates */
    struct histogram between;               /* scratch */
};

/* Begins with moments of `span` updates, at most LIVE_MARKS_MAX. */
void live_recent_init(struct live_recent *recent, unsigned span);
void live_recent_fini(struct live_recent *recent);

/* Called at regular intervals while the scenarios run. [main thread] */
void live_recent_update(struct live_recent *recent, struct load *load);

/* Reads the percentiles of a histogram of milliseconds. */
void live_latency_read(struct live_latency *latency,
                       const struct histogram *values);

#endif
