/* live_recent.h -- what a run has done in the last moments: its rate and its
 * latencies, the load on the generators, and both second by second.
 *
 * Made of the difference to copies of the totals, so that nothing is counted
 * twice and the generators do nothing for it.
 *
 * Path: load.c -> [live_recent] -> live_state.c
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
    uint64_t n; /* values; without any the rest is 0 */
    double p50, p99, p999, greatest;
};

/* The totals at a time. */
struct live_mark {
    int64_t at_ns;
    double n; /* requests, or iterations */
    struct histogram latency, lag;
    struct {
        int64_t at_ns, cpu_ns, idle_ns;
    } generators[CONFIG_THREADS_MAX];
};

struct live_recent {
    unsigned span;       /* a moment is so many updates long */
    double rate;         /* requests per second, or iterations */
    bool are_iterations; /* no request was ever sent */
    struct live_latency latency;
    uint64_t n_lags;
    double lag_p99_ms;
    double cores;   /* CPU time of the generators by time */
    double busiest; /* the share of its time that a loop did not wait */

    /* One value per moment, the last one at the end; -1: none. */
    double rates[LIVE_SECONDS_MAX], p99s[LIVE_SECONDS_MAX];
    size_t n_seconds;

    uint64_t n_updates;
    struct live_mark marks[LIVE_MARKS_MAX]; /* of the last `span` updates */
    struct histogram between;               /* scratch */
};

/* `span` is at most LIVE_MARKS_MAX. */
void live_recent_init(struct live_recent *recent, unsigned span);
void live_recent_fini(struct live_recent *recent);

/* To be called at regular intervals while the scenarios run. [main thread] */
void live_recent_update(struct live_recent *recent, struct load *load);

/* The percentiles of a histogram of milliseconds. */
void live_latency_read(struct live_latency *latency,
                       const struct histogram *values);

#endif
