/* metrics.h -- the metrics of a run: k6's built-in ones and those of the
 * script.
 *
 * Times are in milliseconds, as in k6. A metric may have sub-metrics, which
 * count the samples with certain tags. A tap, if set, receives every sample. A
 * metric without sub-metrics and tap pays one branch for both.
 *
 *   load/vu.c -> metric_add --> metric (sum, count, histogram)
 *                           |--> sub-metrics whose selector matches the tags
 *                           '--> tap -> report/output.c
 *
 * Each generator has metrics of its own, without a lock. metrics_merge moves
 * them to the metrics of the whole test.
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

/* k6's names: "counter", "default". */
extern const char *const metric_kind_names[], *const metric_unit_names[];

/* The built-in metrics, in the order of the summary. */
enum metric_id {
    METRIC_HTTP_REQ_BLOCKED,
    METRIC_HTTP_REQ_CONNECTING,
    METRIC_HTTP_REQ_DURATION,
    METRIC_HTTP_REQ_FAILED,
    METRIC_HTTP_REQ_LATENCY, /* done - due: includes the wait before sending */
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
    METRIC_PACING_LAG, /* delay that the generator itself adds: actual
                          start minus scheduled start */
    METRIC_VUS,
    METRIC_VUS_MAX,
    METRIC_DATA_RECEIVED,
    METRIC_DATA_SENT,
    METRIC_N_BUILT_IN,
};

#define METRIC_NAME_MAX 128
#define METRICS_MAX 1000

struct metric {
    char name[METRIC_NAME_MAX + 1]; /* a sub-metric has the name of its base */
    enum metric_kind kind;
    enum metric_unit unit;
    bool used;       /* a value was recorded */
    double sum;      /* counter: the sum; rate: the number of true values */
    uint64_t count;  /* values recorded */
    double last;     /* gauge */
    int64_t last_ns; /* gauge: time of `last`, monotonic */
    double least, greatest;  /* gauge */
    struct histogram values; /* trend */

    /* Sub-metrics and the tap. */
    struct metrics *owner;
    const struct selector *selector; /* NULL if it is not a sub-metric */
    struct metric **subs;
    unsigned n_subs;
    bool watched;   /* it has sub-metrics, or there is a tap */
    bool announced; /* for the tap: the metric was written before */

    struct metric
        *merged_into; /* metric of the whole test, NULL if not known */
    bool conflicts;   /* the whole test has this name with another kind */
};

/* Receives every sample while the test runs (for outputs such as `-o json`).
 * Called on the thread of the metrics. */
struct metrics_tap {
    /* `tags` is NULL if the sample has none. */
    void (*sample)(void *ctx, struct metric *metric, double value,
                   const struct tags *tags);
    /* Passes on buffered samples; unless `all`, only many or old ones. May be
     * NULL. */
    void (*flush)(void *ctx, bool all);
    /* No more samples follow. May be NULL. */
    void (*close)(void *ctx);
};

struct metrics {
    struct metric *all[METRICS_MAX]; /* a sub-metric follows its base */
    unsigned n;
    const struct selector *selectors; /* of the sub-metrics */
    unsigned n_selectors;
    const struct metrics_tap *tap; /* may be NULL */
    void *tap_ctx;
    struct buf scratch;  /* scratch for tags_get */
    struct buf own_tags; /* the own tags of the current sample */
};

/* Returns false if out of memory. metrics_fini must be called in both cases. */
bool metrics_init(struct metrics *metrics);
void metrics_fini(struct metrics *metrics);

/* Returns the metric of this name, which is made if there is none. Returns NULL
 * and sets err if the name does not match k6's [a-zA-Z_][a-zA-Z0-9_]*, if it
 * exists with another kind or unit, or if there are METRICS_MAX metrics. */
struct metric *metrics_define(struct metrics *metrics, const char *name,
                              enum metric_kind kind, enum metric_unit unit,
                              struct err *err);

/* Returns the metric of this name, not a sub-metric, NULL if there is none. */
struct metric *metrics_find(const struct metrics *metrics, const char *name);

/* Returns the sub-metric of this selector, or the metric itself if the selector
 * has no tags. Returns NULL if there is none. */
struct metric *metrics_select(const struct metrics *metrics,
                              const struct selector *selector);

/* Makes a sub-metric for each of these selectors that has tags, now or when its
 * metric is defined. The array must live as long as the metrics and replaces an
 * earlier array. Called before anything is recorded. Returns false if out of
 * memory or if there are METRICS_MAX metrics. */
bool metrics_watch(struct metrics *metrics, const struct selector *selectors,
                   unsigned n);

/* Returns the sub-metric of `metric`, which is made if there is none. Returns
 * NULL if out of memory or if there are METRICS_MAX metrics. */
struct metric *metrics_need_sub(struct metric *metric,
                                const struct selector *selector);

/* Sets the tap; NULL closes it. metrics_fini closes the tap too. */
void metrics_set_tap(struct metrics *metrics, const struct metrics_tap *tap,
                     void *ctx);

/* Calls the tap's flush, if there is a tap. */
void metrics_flush(struct metrics *metrics, bool all);

/* Returns the name as in reports, with the tags of a sub-metric. */
const char *metric_title(const struct metric *metric);

/* Returns true for a sub-metric that the user has named, false for k6's default
 * one. */
bool metric_is_asked_for(const struct metric *metric);

/* Records a value. For a rate, 0 means false and any other value true. `tags`
 * may be NULL. */
void metric_add(struct metric *metric, double value, const struct tags *tags);

/* Adds the values of `from` to `into` and sets `from` to zero. Metrics that
 * only `from` has are defined in `into`; a gauge takes the latest value.
 * Metrics are matched by name, once, so `from` must always be merged into the
 * same `into`, which must live as long. Every `struct metric *` stays valid.
 * The tap is not called. Returns false if out of memory; values without room
 * stay in `from`. */
bool metrics_merge(struct metrics *into, struct metrics *from);

/* Records a value of a built-in metric. */
void metrics_add(struct metrics *metrics, enum metric_id id, double value,
                 const struct tags *tags);

#endif
