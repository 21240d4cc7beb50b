/* metrics.h -- the numbers of a run: k6's built-in metrics, and those that a
 * script makes.
 *
 * Times are kept in milliseconds, as k6 reports them.
 *
 * A metric may have sub-metrics, which count those of its samples that have
 * certain tags, and there may be a tap, which is told of every sample. A
 * metric with neither pays one branch for them.
 */
#ifndef MEASURE_METRICS_H
#define MEASURE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "measure/histogram.h"
#include "measure/selector.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_RATE, METRIC_TREND };
enum metric_unit { METRIC_PLAIN, METRIC_TIME, METRIC_DATA };

/* As k6 names them: "counter", "default". */
extern const char *const metric_kind_names[], *const metric_unit_names[];

/* The built-in ones, in the order of the summary. */
enum metric_id {
    METRIC_HTTP_REQ_BLOCKED,
    METRIC_HTTP_REQ_CONNECTING,
    METRIC_HTTP_REQ_DURATION,
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
    char name[METRIC_NAME_MAX + 1]; /* of a sub-metric: its base's */
    enum metric_kind kind;
    enum metric_unit unit;
    bool used;               /* something was recorded */
    double sum;              /* counter: the sum; rate: how many were true */
    uint64_t count;          /* values recorded */
    double last;             /* gauge */
    int64_t last_ns;         /* gauge: when, monotonic */
    double least, greatest;  /* gauge */
    struct histogram values; /* trend */

    /* Of samples' tags. */
    struct metrics *owner;
    const struct selector *selector; /* it is a sub-metric; NULL: it is none */
    struct metric **subs;
    unsigned n_subs;
    bool watched;   /* its samples go further than its own numbers */
    bool announced; /* the tap's: it has seen this metric before */

    struct metric *merged_into; /* of the whole test; NULL: not known yet */
    bool conflicts; /* it has this name with another kind: not merged */
};

/* Who wants to know of each sample. All on the thread of the metrics. */
struct metrics_tap {
    /* With the sample's tags (NULL: none). */
    void (*sample)(void *ctx, struct metric *metric, double value,
                   const struct tags *tags);
    /* Pass on what has been kept back; `all` false: only what is much, or
     * old. May be NULL. */
    void (*flush)(void *ctx, bool all);
    /* There will be no more. May be NULL. */
    void (*close)(void *ctx);
};

struct metrics {
    struct metric *all[METRICS_MAX]; /* a sub-metric comes after its base */
    unsigned n;
    const struct selector *selectors; /* of sub-metrics */
    unsigned n_selectors;
    const struct metrics_tap *tap; /* may be NULL */
    void *tap_ctx;
    struct buf scratch;  /* of tags_get */
    struct buf own_tags; /* of the sample that is being recorded */
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

/* The metric of this name that is no sub-metric. NULL: there is none. */
struct metric *metrics_find(const struct metrics *metrics, const char *name);

/* The sub-metric; the metric itself where the selector has no tags. NULL: there
 * is none. */
struct metric *metrics_select(const struct metrics *metrics,
                              const struct selector *selector);

/* Have a sub-metric for each of these selectors that has tags, now or when its
 * metric is defined. The array must live as long as the metrics, and replaces
 * an earlier one: call it before anything is recorded. False when out of memory
 * or METRICS_MAX. */
bool metrics_watch(struct metrics *metrics, const struct selector *selectors,
                   unsigned n);

/* The sub-metric of `metric`, made if there is none. NULL: out of memory or
 * METRICS_MAX. */
struct metric *metrics_need_sub(struct metric *metric,
                                const struct selector *selector);

/* Set the tap, or close it: NULL. metrics_fini closes it, too. */
void metrics_set_tap(struct metrics *metrics, const struct metrics_tap *tap,
                     void *ctx);

/* Have the tap, if there is one, flush. */
void metrics_flush(struct metrics *metrics, bool all);

/* The name as reports have it: with the tags of a sub-metric. */
const char *metric_title(const struct metric *metric);

/* Is it a sub-metric that somebody has named, and not only k6's default? */
bool metric_is_asked_for(const struct metric *metric);

/* Record in any kind; a rate takes 0 for false, anything else for true. `tags`
 * may be NULL. */
void metric_add(struct metric *metric, double value, const struct tags *tags);

/* Add all of `from` to `into` and set `from` to zero. What only `from` has is
 * defined in `into`; a gauge takes the latest value. Metrics are matched by
 * name, once: `from` must always be merged into the same one, which must live
 * as long. A `struct metric *` of either stays valid. False when out of
 * memory: what found no room is still in `from`. A tap is told of nothing. */
bool metrics_merge(struct metrics *into, struct metrics *from);

/* The same for a built-in one. */
void metrics_add(struct metrics *metrics, enum metric_id id, double value,
                 const struct tags *tags);

#endif
