/* trend_stat.h -- the statistics of a trend: the columns of the summary
 * (`summaryTrendStats`) and the aggregations of thresholds.
 *
 * Path: histogram.c -> [trend_stat] -> threshold.c, report/
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
    char name[TREND_STAT_NAME_MAX + 1]; /* as given */
    enum trend_stat_kind kind;
    double percentile; /* 0 to 100 */
};

#define TREND_STAT_GRAMMAR "avg, min, med, max, count or p(N) with N 0 to 100"

/* Parses a statistic such as "p(99.9)". Returns false if it is invalid or too
 * long. */
bool trend_stat_parse(struct trend_stat *stat, const char *text, size_t n);

/* Returns the value of the statistic, 0 if the histogram is empty. */
double trend_stat_value(const struct trend_stat *stat,
                        const struct histogram *values);

struct trend_stats {
    struct trend_stat all[TREND_STATS_MAX];
    unsigned n;
};

/* The summary's columns: k6's, and p(99) and p(99.9). */
extern const struct trend_stats trend_stats_default;

/* Adds a statistic. Returns false and sets err if it is invalid or if there are
 * TREND_STATS_MAX. */
bool trend_stats_add(struct trend_stats *stats, const char *text, size_t n,
                     struct err *err);

/* Parses a list such as "avg,p(95)" (--summary-trend-stats), which replaces the
 * current one. Returns false and sets err if it is invalid. */
bool trend_stats_parse(struct trend_stats *stats, const char *text,
                       struct err *err);

#endif
