/* summary_json.c -- the shape of k6's --summary-export: times in ms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "load/config.h"
#include "measure/results.h"
#include "measure/series.h"
#include "report/summary.h"

static void put_text(struct buf *out, const char *text)
{
    json_put_string(out, text, strlen(text));
}

static void put_member(struct buf *out, const char *name, double value,
                       bool first)
{
    buf_puts(out, first ? "" : ", ");
    put_text(out, name);
    if (isinf(value)) /* a sum of great ones: JSON has no such number */
        value = copysign(1e308, value);
    buf_printf(out, ": %.15g", value);
}

static void put_trend(struct buf *out, const struct report *report,
                      const struct metric *metric)
{
    const struct trend_stats *stats = &report->config->trend_stats;
    for (unsigned i = 0; i < stats->n; i++)
        put_member(out, stats->all[i].name,
                   trend_stat_value(&stats->all[i], &metric->values), i == 0);
}

static void put_values(struct buf *out, const struct report *report,
                       const struct metric *metric)
{
    double all = (double)metric->count;
    switch (metric->kind) {
    case METRIC_COUNTER:
        put_member(out, "count", metric->sum, true);
        put_member(out, "rate", summary_rate(report->results, metric->sum),
                   false);
        break;
    case METRIC_GAUGE:
        put_member(out, "value", metric->last, true);
        put_member(out, "min", metric->least, false);
        put_member(out, "max", metric->greatest, false);
        break;
    case METRIC_RATE:
        put_member(out, "value", all > 0 ? metric->sum / all : 0, true);
        put_member(out, "passes", metric->sum, false);
        put_member(out, "fails", all - metric->sum, false);
        break;
    case METRIC_TREND:
        put_trend(out, report, metric);
        break;
    }
}

/* "thresholds": { "p(95)<200": false }. As in k6's, true is one that has
 * failed. */
static void put_thresholds(struct buf *out, const struct metric_thresholds *of)
{
    buf_puts(out, "\"thresholds\": {");
    for (unsigned i = 0; i < of->n; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        put_text(out, of->all[i].text);
        buf_puts(out, of->all[i].failed ? ": true" : ": false");
    }
    buf_putc(out, '}');
}

static void put_metric(struct buf *out, const struct report *report,
                       const struct metric *metric)
{
    const struct metric_thresholds *of =
        thresholds_of(&report->config->thresholds, metric_title(metric));
    put_text(out, metric_title(metric));
    buf_puts(out, ": {");
    put_values(out, report, metric);
    if (of) {
        buf_puts(out, ", ");
        put_thresholds(out, of);
    }
    buf_putc(out, '}');
}

/* Those of the target's profiles are no metrics here, but have values. */
static void put_profile_thresholds(struct buf *out, const struct report *report)
{
    const struct thresholds *thresholds = &report->config->thresholds;
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct metric_thresholds *of = &thresholds->of[i];
        if (!thresholds_is_profile(&thresholds->selectors[i]))
            continue;
        buf_puts(out, ",\n    ");
        put_text(out, thresholds->selectors[i].text);
        buf_puts(out, ": {");
        for (unsigned k = 0; k < of->n; k++)
            if (of->all[k].judged)
                put_member(out, of->all[k].name, of->all[k].value, k == 0);
        buf_puts(out, of->all[0].judged ? ", " : "");
        put_thresholds(out, of);
        buf_putc(out, '}');
    }
}

static void put_path(struct buf *out, const struct checks *checks,
                     uint32_t group)
{
    if (group == CHECKS_ROOT)
        return;
    put_path(out, checks, checks->groups[group].parent);
    buf_puts(out, "::");
    buf_puts(out, checks->groups[group].name);
}

/* "name": ..., "path": "::outer::name" */
static void put_names(struct buf *out, const struct checks *checks,
                      uint32_t group, const char *check)
{
    struct buf path = BUF_INIT;
    put_path(&path, checks, group);
    if (check) {
        buf_puts(&path, "::");
        buf_puts(&path, check);
    }
    const char *text = buf_cstr(&path);
    buf_puts(out, "\"name\": ");
    put_text(out, check ? check : checks->groups[group].name);
    buf_puts(out, ", \"path\": ");
    put_text(out, text ? text : "");
    buf_fini(&path);
}

static void put_group(struct buf *out, const struct checks *checks,
                      const uint32_t *order, uint32_t group)
{
    const char *comma = "";
    buf_putc(out, '{');
    put_names(out, checks, group, NULL);
    buf_puts(out, ", \"groups\": {");
    for (uint32_t i = 1; i < checks->n_groups; i++) {
        if (checks->groups[i].parent != group)
            continue;
        buf_puts(out, comma);
        put_text(out, checks->groups[i].name);
        buf_puts(out, ": ");
        put_group(out, checks, order, i);
        comma = ", ";
    }
    buf_puts(out, "}, \"checks\": {");
    comma = "";
    for (uint32_t i = 0; order && i < checks->n_checks; i++) {
        const struct check *check = &checks->checks[order[i]];
        if (check->group != group)
            continue;
        buf_puts(out, comma);
        put_text(out, check->name);
        buf_puts(out, ": {");
        put_names(out, checks, group, check->name);
        buf_printf(out, ", \"passes\": %llu, \"fails\": %llu}",
                   (unsigned long long)check->n_passed,
                   (unsigned long long)check->n_failed);
        comma = ", ";
    }
    buf_puts(out, "}}");
}

static void put_metrics(struct buf *out, const struct report *report)
{
    const struct metrics *metrics = &report->results->metrics;
    const char *comma = "";
    for (unsigned i = 0; i < metrics->n; i++) {
        const struct metric *metric = metrics->all[i];
        if (!metric->used && !metric_is_asked_for(metric))
            continue;
        buf_printf(out, "%s\n    ", comma);
        put_metric(out, report, metric);
        comma = ",";
    }
    put_profile_thresholds(out, report);
}

/* By their `name` tag. */
static void put_endpoints(struct buf *out, const struct report *report)
{
    const struct endpoints *endpoints = &report->results->endpoints;
    const struct trend_stats *stats = &report->config->trend_stats;
    for (uint32_t i = 0; i < endpoints->n; i++) {
        const struct endpoint *endpoint = &endpoints->all[i];
        buf_puts(out, i > 0 ? ",\n    " : "\n    ");
        json_put_string(out, endpoint->name, endpoint->n_name);
        buf_puts(out, ": {");
        put_member(out, "requests", (double)endpoint->n_requests, true);
        put_member(out, "failed", (double)endpoint->n_failed, false);
        for (unsigned k = 0; k < stats->n; k++)
            put_member(out, stats->all[k].name,
                       trend_stat_value(&stats->all[k], &endpoint->duration),
                       false);
        buf_putc(out, '}');
    }
}

void summary_write_json(struct buf *out, const struct report *report)
{
    const struct checks *checks = &report->results->checks;
    uint32_t *order = summary_sort_checks(checks);
    buf_puts(out, "{\n  \"metrics\": {");
    put_metrics(out, report);
    buf_puts(out, "\n  },\n  \"root_group\": ");
    put_group(out, checks, order, CHECKS_ROOT);
    if (report->results->endpoints.n > 0) {
        buf_puts(out, ",\n  \"endpoints\": {");
        put_endpoints(out, report);
        buf_puts(out, "\n  }");
    }
    buf_puts(out, ",\n  \"series\": ");
    series_write_json(out, report->series);
    if (report->members)
        buf_append(out, report->members->data, report->members->len);
    buf_puts(out, "\n}\n");
    free(order);
}
