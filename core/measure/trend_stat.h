/* trend_stat.h -- what can be said of a trend: the columns of the summary
 * (`summaryTrendStats`), and the left side of its thresholds.
 */
#ifndef MEASURE_TREND_STAT_H
#define MEASURE_TREND_STAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "measure/histogram.h"

#define TREND_STAT_NAME_MAX 31
#define TREND_STATS_MAX 16

enum trend_stat_kind {
    TREND_AVG,
    TREND_MIN,
    TREND_MED,
    TREND_MAX,
    TREND_PERCENTILE,
    TREND_COUNT,
};

struct trend_stat {
    char name[TREND_STAT_NAME_MAX + 1]; /* as it was given */
    enum trend_stat_kind kind;
    double percentile; /* 0 to 100 */
};

#define TREND_STAT_GRAMMAR "avg, min, med, max, count or p(N) with N 0 to 100"

/* "p(99.9)". False: it is none, or too long. */
bool trend_stat_parse(struct trend_stat *stat, const char *text, size_t n);

/* Its value; 0 when the histogram is empty. */
double trend_stat_value(const struct trend_stat *stat,
                        const struct histogram *values);

struct trend_stats {
    struct trend_stat all[TREND_STATS_MAX];
    unsigned n;
};

/* The summary's: k6's, with p(99) and p(99.9). */
extern const struct trend_stats trend_stats_default;

/* Add one. False and err: it is none, or there are too many. */
bool trend_stats_add(struct trend_stats *stats, const char *text, size_t n,
                     struct err *err);

/* "avg,p(95)", as --summary-trend-stats has it; replaces what is there. */
bool trend_stats_parse(struct trend_stats *stats, const char *text,
                       struct err *err);

#endif
