/* threshold.h -- one condition on a metric, in k6's grammar:
 *
 *   AGGREGATION OPERATOR NUMBER        "p(99.9)<250"
 *
 * What a metric can be asked for depends on its kind; times are in
 * milliseconds, rates from 0 to 1.
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

/* What is not a Trend's; 0 for those. */
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
    char text[THRESHOLD_TEXT_MAX + 1];  /* as it was given */
    char name[TREND_STAT_NAME_MAX + 1]; /* of the aggregation: "p(99.9)" */
    enum threshold_aggregation aggregation;
    struct trend_stat stat; /* of THRESHOLD_TREND */
    enum threshold_operator operator;
    double bound;
    bool abort_on_fail;
    int64_t delay_ns; /* abort only when the run has lasted for so long */

    /* What came of it. */
    bool judged;
    bool failed;
    double value;
    int64_t first_failed_ns; /* since the start of the run; 0: never */
    char note[THRESHOLD_NOTE_MAX + 1]; /* why there is no value, or "" */
};

/* Take the text apart. False and err: it does not parse; err quotes it and says
 * what would. */
bool threshold_parse(struct threshold *threshold, const char *text,
                     struct err *err);

/* "avg, min, max, med, p(N)". */
const char *threshold_allowed(enum metric_kind kind);

/* Can a metric of this kind be asked for that? */
bool threshold_suits(const struct threshold *threshold, enum metric_kind kind);

/* The metric's value for it, `seconds` after the start of the run. */
double threshold_measure(const struct threshold *threshold,
                         const struct metric *metric, double seconds);

/* Judge a value: set value and failed. */
void threshold_judge(struct threshold *threshold, double value);

/* "p(95)=8.42ms", as k6's summary has it. */
const char *threshold_format(char *out, size_t size,
                             const struct threshold *threshold,
                             enum metric_kind kind, enum metric_unit unit);

#endif
