/* summary.c -- summary_write: the layout of k6 version 1, with the further
 * columns p(99) and p(99.9) and the further sections latency, statuses and
 * errors. */
#include "report/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/config.h"
#include "measure/format.h"
#include "measure/results.h"
#include "report/summary_text.h"

double summary_rate(const struct results *results, double count)
{
    double seconds = (double)(results->end_ns - results->start_ns) / 1e9;
    return seconds > 0 ? count / seconds : 0;
}

/* --- trends: a column is as wide as its widest value -------------------- */

struct widths {
    const struct trend_stats *stats;
    size_t columns[TREND_STATS_MAX];
    size_t count; /* width of the first column of counters and rates */
};

static const char *format_stat(char *out, size_t size,
                               const struct metric *metric,
                               const struct trend_stat *stat)
{
    enum metric_unit unit =
        stat->kind == TREND_COUNT ? METRIC_PLAIN : metric->unit;
    return format_value(out, size, unit,
                        trend_stat_value(stat, &metric->values));
}

static void widen(struct widths *widths, const struct metric *metric)
{
    char text[SUMMARY_VALUE_MAX];
    for (unsigned i = 0; i < widths->stats->n; i++) {
        size_t n = format_width(
            format_stat(text, sizeof text, metric, &widths->stats->all[i]));
        if (n > widths->columns[i])
            widths->columns[i] = n;
    }
}

static void put_trend(struct buf *out, const struct metric *metric,
                      const struct widths *widths)
{
    char text[SUMMARY_VALUE_MAX];
    unsigned n = widths->stats->n;
    for (unsigned i = 0; i < n; i++) {
        const struct trend_stat *stat = &widths->stats->all[i];
        buf_printf(out, "%s%s=", i ? " " : "", stat->name);
        format_stat(text, sizeof text, metric, stat);
        summary_pad(out, text, i + 1 < n ? widths->columns[i] : 0);
    }
}

/* --- the other kinds --------------------------------------------------- */

static const char *first_column(char *out, size_t size,
                                const struct metric *metric)
{
    switch (metric->kind) {
    case METRIC_COUNTER:
        return format_value(out, size, metric->unit, metric->sum);
    case METRIC_GAUGE:
        return format_value(out, size, metric->unit, metric->last);
    default:
        return format_share(out, size, metric->sum, (double)metric->count);
    }
}

static void put_plain(struct buf *out, const struct results *results,
                      const struct metric *metric, const struct widths *widths)
{
    char text[SUMMARY_VALUE_MAX], other[SUMMARY_VALUE_MAX];
    summary_pad(out, first_column(text, sizeof text, metric),
                widths->count + 1);
    switch (metric->kind) {
    case METRIC_COUNTER:
        format_value(text, sizeof text, metric->unit,
                     summary_rate(results, metric->sum));
        buf_printf(out, "%s/s", text);
        break;
    case METRIC_GAUGE:
        format_value(text, sizeof text, metric->unit, metric->least);
        format_value(other, sizeof other, metric->unit, metric->greatest);
        buf_printf(out, "min=%s max=%s", text, other);
        break;
    default:
        buf_printf(out, "%.0f out of %llu", metric->sum,
                   (unsigned long long)metric->count);
    }
}

static void put_summary_metric(struct buf *out, const struct results *results,
                               const struct metric *metric, const char *name,
                               const struct widths *widths)
{
    summary_put_name(out, name);
    if (metric->kind == METRIC_TREND)
        put_trend(out, metric, widths);
    else
        put_plain(out, results, metric, widths);
    buf_putc(out, '\n');
}

static void measure(struct widths *widths, const struct report *report)
{
    const struct results *results = report->results;
    *widths = (struct widths){.stats = &report->config->trend_stats};
    for (unsigned i = 0; i < results->metrics.n; i++) {
        const struct metric *metric = results->metrics.all[i];
        char text[SUMMARY_VALUE_MAX];
        if (!summary_is_shown(metric))
            continue;
        if (metric->kind == METRIC_TREND) {
            widen(widths, metric);
            continue;
        }
        size_t n = format_width(first_column(text, sizeof text, metric));
        if (n > widths->count)
            widths->count = n;
    }
}

/* --- the sections ------------------------------------------------------ */

static void put_with_subs(struct buf *out, const struct results *results,
                          const struct metric *metric,
                          const struct widths *widths)
{
    if (metric->used)
        put_summary_metric(out, results, metric, metric->name, widths);
    for (unsigned i = 0; i < metric->n_subs; i++) {
        char name[SUMMARY_SUB_NAME_MAX];
        summary_sub_name(name, metric->subs[i]);
        if (summary_is_shown(metric->subs[i]))
            put_summary_metric(out, results, metric->subs[i], name, widths);
    }
}

static void put_range(struct buf *out, const struct report *report,
                      const char *title, unsigned from, unsigned to,
                      const struct widths *widths)
{
    const struct results *results = report->results;
    size_t before = out->len;
    buf_printf(out, "    %s\n", title);
    size_t titled = out->len;
    for (unsigned i = from; i < to; i++)
        put_with_subs(out, results, results->metrics.all[i], widths);
    if (out->len == titled)
        out->len = before;
    else
        buf_putc(out, '\n');
}

static int by_metric_name(const void *a, const void *b)
{
    return strcmp((*(const struct metric *const *)a)->name,
                  (*(const struct metric *const *)b)->name);
}

/* Appends the script's metrics, sorted by name, because virtual users define
 * them in any order. */
static void put_custom(struct buf *out, const struct report *report,
                       const struct widths *widths)
{
    const struct metrics *metrics = &report->results->metrics;
    const struct metric *sorted[METRICS_MAX];
    size_t n = 0;
    for (unsigned i = METRIC_N_BUILT_IN; i < metrics->n; i++)
        if (!metrics->all[i]->selector)
            sorted[n++] = metrics->all[i];
    if (n == 0)
        return;
    qsort(sorted, n, sizeof *sorted, by_metric_name);
    buf_puts(out, "    CUSTOM\n");
    for (size_t i = 0; i < n; i++)
        put_with_subs(out, report->results, sorted[i], widths);
    buf_putc(out, '\n');
}

void summary_write(struct buf *out, const struct report *report)
{
    struct widths widths;
    measure(&widths, report);
    summary_put_thresholds(out, report);
    buf_puts(out, "\n  █ TOTAL RESULTS\n\n");
    summary_put_checks(out, report);
    put_custom(out, report, &widths);
    put_range(out, report, "HTTP", METRIC_HTTP_REQ_BLOCKED,
              METRIC_HTTP_REQS + 1, &widths);
    summary_put_latency(out, report);
    summary_put_statuses(out, report);
    summary_put_errors(out, report);
    put_range(out, report, "EXECUTION", METRIC_DROPPED_ITERATIONS,
              METRIC_VUS_MAX + 1, &widths);
    put_range(out, report, "NETWORK", METRIC_DATA_RECEIVED,
              METRIC_DATA_SENT + 1, &widths);
    if (report->results->n_interrupted)
        buf_printf(out, "    %llu %s interrupted\n\n",
                   (unsigned long long)report->results->n_interrupted,
                   report->results->n_interrupted == 1 ? "iteration was"
                                                       : "iterations were");
}
