/* metrics.h -- the numbers of a run: k6's built-in metrics, and those that a
 * script makes.
 *
 * Times are kept in milliseconds, as k6 reports them.
 */
#ifndef LOAD_METRICS_H
#define LOAD_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "load/histogram.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_RATE, METRIC_TREND };
enum metric_unit { METRIC_PLAIN, METRIC_TIME, METRIC_DATA };

/* The built-in ones, in the order of the summary. */
enum metric_id {
    METRIC_HTTP_REQ_BLOCKED,
    METRIC_HTTP_REQ_CONNECTING,
    METRIC_HTTP_REQ_DURATION,
    METRIC_HTTP_REQ_DURATION_EXPECTED, /* of those that did not fail */
    METRIC_HTTP_REQ_FAILED,
    METRIC_HTTP_REQ_LATENCY, /* done - due: waiting to be sent is in it */
    METRIC_HTTP_REQ_RECEIVING,
    METRIC_HTTP_REQ_SENDING,
    METRIC_HTTP_REQ_TLS_HANDSHAKING,
    METRIC_HTTP_REQ_WAITING,
    METRIC_HTTP_REQS,
    METRIC_CHECKS,
    METRIC_DROPPED_ITERATIONS,
    METRIC_GROUP_DURATION,
    METRIC_ITERATION_DURATION,
    METRIC_ITERATIONS,
    METRIC_PACING_LAG, /* how late the generator is of itself */
    METRIC_VUS,
    METRIC_VUS_MAX,
    METRIC_DATA_RECEIVED,
    METRIC_DATA_SENT,
    METRIC_N_BUILT_IN,
};

#define METRIC_NAME_MAX 128
#define METRICS_MAX 1000

struct metric {
    char name[METRIC_NAME_MAX + 1];
    enum metric_kind kind;
    enum metric_unit unit;
    bool used;               /* something was recorded */
    double sum;              /* counter: the sum; rate: how many were true */
    uint64_t count;          /* values recorded */
    double last;             /* gauge */
    int64_t last_ns;         /* gauge: when, monotonic */
    double least, greatest;  /* gauge */
    struct histogram values; /* trend */

    struct metric *merged_into; /* of the whole test; NULL: not known yet */
    bool conflicts; /* it has this name with another kind: not merged */
};

struct metrics {
    struct metric *all[METRICS_MAX];
    unsigned n;
};

/* False when out of memory; fini it either way. */
bool metrics_init(struct metrics *metrics);
void metrics_fini(struct metrics *metrics);

/* The metric of this name, made if there is none. NULL and err: the name is
 * not k6's [a-zA-Z_][a-zA-Z0-9_]*, it is there with another kind or unit, or
 * there are too many. */
struct metric *metrics_define(struct metrics *metrics, const char *name,
                              enum metric_kind kind, enum metric_unit unit,
                              struct err *err);

/* Record in any kind; a rate takes 0 for false, anything else for true. */
void metric_add(struct metric *metric, double value);

/* Add all of `from` to `into` and set `from` to zero. What only `from` has is
 * defined in `into`; a gauge takes the latest value. Metrics are matched by
 * name, once: `from` must always be merged into the same one, which must live
 * as long. A `struct metric *` of either stays valid. False when out of
 * memory: what found no room is still in `from`. */
bool metrics_merge(struct metrics *into, struct metrics *from);

/* The same for a built-in one. */
void metrics_add(struct metrics *metrics, enum metric_id id, double value);

#endif
