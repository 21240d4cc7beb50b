/* threshold.h -- one condition on a metric, in k6's grammar:
 *
 *   AGGREGATION OPERATOR NUMBER        "p(99.9)<250"
 *
 * The aggregations depend on the kind of the metric. Times are in milliseconds,
 * rates from 0 to 1.
 *
 *   Trend    avg min max med p(N)
 *   Counter  count rate              rate: per second
 *   Rate     rate
 *   Gauge    value
 *   profile  share cum_share per_request
 */
#ifndef MEASURE_THRESHOLD_H
#define MEASURE_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "measure/metrics.h"
#include "measure/trend_stat.h"

#define THRESHOLD_TEXT_MAX 127
#define THRESHOLD_NOTE_MAX 255

/* THRESHOLD_TREND stands for all aggregations of a Trend. */
enum threshold_aggregation {
    THRESHOLD_TREND,
    THRESHOLD_COUNT,
    THRESHOLD_RATE,
    THRESHOLD_VALUE,
    THRESHOLD_SHARE,
    THRESHOLD_CUM_SHARE,
    THRESHOLD_PER_REQUEST,
};

enum threshold_operator {
    THRESHOLD_LESS,
    THRESHOLD_LESS_EQUAL,
    THRESHOLD_GREATER,
    THRESHOLD_GREATER_EQUAL,
    THRESHOLD_EQUAL,
    THRESHOLD_NOT_EQUAL,
};

struct threshold {
    char text[THRESHOLD_TEXT_MAX + 1];  /* as given */
    char name[TREND_STAT_NAME_MAX + 1]; /* the aggregation: "p(99.9)" */
    enum threshold_aggregation aggregation;
    struct trend_stat stat; /* for THRESHOLD_TREND */
    enum threshold_operator operator;
    double bound;
    bool abort_on_fail;
    int64_t delay_ns; /* no abort before the run has lasted this long */

    /* The result. */
    bool judged;
    bool failed;
    double value;
    int64_t first_failed_ns; /* since the start of the run; 0 if never */
    char note[THRESHOLD_NOTE_MAX +
              1]; /* the reason for a missing value, or "" */
};

/* Parses a condition. Returns false and sets err, which quotes the text and
 * gives the valid form, if it is invalid. */
bool threshold_parse(struct threshold *threshold, const char *text,
                     struct err *err);

/* Returns the aggregations of a kind: "avg, min, max, med, p(N)". */
const char *threshold_allowed(enum metric_kind kind);

/* Returns true if a metric of this kind has the threshold's aggregation. */
bool threshold_suits(const struct threshold *threshold, enum metric_kind kind);

/* Returns the metric's value `seconds` after the start of the run. */
double threshold_measure(const struct threshold *threshold,
                         const struct metric *metric, double seconds);

/* Judges a value: sets `judged`, `value` and `failed`. */
void threshold_judge(struct threshold *threshold, double value);

/* Writes "p(95)=8.42ms", as in k6's summary. */
const char *threshold_format(char *out, size_t size,
                             const struct threshold *threshold,
                             enum metric_kind kind, enum metric_unit unit);

#endif
