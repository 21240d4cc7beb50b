/* summary_json.c -- summary_write_json: the shape of k6's --summary-export,
 * with times in ms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "load/config.h"
#include "measure/results.h"
#include "measure/series.h"
#include "measure/window.h"
#include "report/profile_section.h"
#include "report/summary.h"
#include "target/profile_overhead.h"

/* Writes a number. A sum of large numbers may be infinite, which JSON cannot
 * express. */
static void write_summary_value(struct json_writer *json, const char *name,
                                double value)
{
    json_significant(json, name, 15,
                     isinf(value) ? copysign(1e308, value) : value);
}

static void write_trend(struct json_writer *json, const struct report *report,
                        const struct histogram *values)
{
    const struct trend_stats *stats = &report->config->trend_stats;
    for (unsigned i = 0; i < stats->n; i++)
        write_summary_value(json, stats->all[i].name,
                            trend_stat_value(&stats->all[i], values));
}

static void write_summary_values(struct json_writer *json,
                                 const struct report *report,
                                 const struct metric *metric)
{
    double all = (double)metric->count;
    switch (metric->kind) {
    case METRIC_COUNTER:
        write_summary_value(json, "count", metric->sum);
        write_summary_value(json, "rate",
                            summary_rate(report->results, metric->sum));
        break;
    case METRIC_GAUGE:
        write_summary_value(json, "value", metric->last);
        write_summary_value(json, "min", metric->least);
        write_summary_value(json, "max", metric->greatest);
        break;
    case METRIC_RATE:
        write_summary_value(json, "value", all > 0 ? metric->sum / all : 0);
        write_summary_value(json, "passes", metric->sum);
        write_summary_value(json, "fails", all - metric->sum);
        break;
    case METRIC_TREND:
        write_trend(json, report, &metric->values);
        break;
    }
}

/* Writes "thresholds": { "p(95)<200": false }. As in k6, true means failed. */
static void write_summary_thresholds(struct json_writer *json,
                                     const struct metric_thresholds *of)
{
    json_begin_object(json, "thresholds");
    for (unsigned i = 0; i < of->n; i++)
        json_bool(json, of->all[i].text, of->all[i].failed);
    json_end_object(json);
}

static void write_metric(struct json_writer *json, const struct report *report,
                         const struct metric *metric)
{
    const struct metric_thresholds *of =
        thresholds_of(&report->config->thresholds, metric_title(metric));
    json_new_line(json, 4);
    json_begin_object(json, metric_title(metric));
    write_summary_values(json, report, metric);
    if (of)
        write_summary_thresholds(json, of);
    json_end_object(json);
}

/* Writes thresholds on profiles, which are not metrics but have values. */
static void write_profile_thresholds(struct json_writer *json,
                                     const struct report *report)
{
    const struct thresholds *thresholds = &report->config->thresholds;
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct metric_thresholds *of = &thresholds->of[i];
        if (!thresholds_is_profile(&thresholds->selectors[i]))
            continue;
        json_new_line(json, 4);
        json_begin_object(json, thresholds->selectors[i].text);
        for (unsigned k = 0; k < of->n; k++)
            if (of->all[k].judged)
                write_summary_value(json, of->all[k].name, of->all[k].value);
        write_summary_thresholds(json, of);
        json_end_object(json);
    }
}

static void write_group_path(struct buf *out, const struct checks *checks,
                             uint32_t group)
{
    if (group == CHECKS_ROOT)
        return;
    write_group_path(out, checks, checks->groups[group].parent);
    buf_printf(out, "::%s", checks->groups[group].name);
}

/* Writes "name": ..., "path": "::outer::name". */
static void write_names(struct json_writer *json, const struct checks *checks,
                        uint32_t group, const char *check)
{
    struct buf path = BUF_INIT;
    write_group_path(&path, checks, group);
    if (check)
        buf_printf(&path, "::%s", check);
    json_text(json, "name", check ? check : checks->groups[group].name);
    json_bytes(json, "path", path.data, path.len);
    buf_fini(&path);
}

static void write_group(struct json_writer *json, const struct checks *checks,
                        const uint32_t *order, uint32_t group, const char *key)
{
    json_begin_object(json, key);
    write_names(json, checks, group, NULL);
    json_begin_object(json, "groups");
    for (uint32_t i = 1; i < checks->n_groups; i++)
        if (checks->groups[i].parent == group)
            write_group(json, checks, order, i, checks->groups[i].name);
    json_end_object(json);
    json_begin_object(json, "checks");
    for (uint32_t i = 0; order && i < checks->n_checks; i++) {
        const struct check *check = &checks->checks[order[i]];
        if (check->group != group)
            continue;
        json_begin_object(json, check->name);
        write_names(json, checks, group, check->name);
        json_int(json, "passes", (int64_t)check->n_passed);
        json_int(json, "fails", (int64_t)check->n_failed);
        json_end_object(json);
    }
    json_end_object(json);
    json_end_object(json);
}

static void write_summary_metrics(struct json_writer *json,
                                  const struct report *report)
{
    const struct metrics *metrics = &report->results->metrics;
    json_begin_object(json, "metrics");
    for (unsigned i = 0; i < metrics->n; i++)
        if (metrics->all[i]->used || metric_is_asked_for(metrics->all[i]))
            write_metric(json, report, metrics->all[i]);
    write_profile_thresholds(json, report);
    json_new_line(json, 2);
    json_end_object(json);
}

/* Writes the requests by their `name` tag. */
static void write_summary_endpoints(struct json_writer *json,
                                    const struct report *report)
{
    const struct endpoints *endpoints = &report->results->endpoints;
    json_begin_object(json, "endpoints");
    for (uint32_t i = 0; i < endpoints->n; i++) {
        const struct endpoint *endpoint = &endpoints->all[i];
        json_new_line(json, 4);
        json_key(json, endpoint->name, endpoint->n_name);
        json_begin_object(json, NULL);
        write_summary_value(json, "requests", (double)endpoint->n_requests);
        write_summary_value(json, "failed", (double)endpoint->n_failed);
        write_trend(json, report, &endpoint->duration);
        json_end_object(json);
    }
    json_new_line(json, 2);
    json_end_object(json);
}

/* Writes the members that k6 does not have. */
static void write_more(struct json_writer *json, const struct report *report)
{
    json_new_line(json, 2);
    series_write_json(json, report->series);
    json_new_line(json, 2);
    window_series_write_json(json, report->windows);
    if (report->profiles) {
        json_new_line(json, 2);
        profile_section_write_json(json, report->profiles);
    }
    if (report->overhead) {
        json_new_line(json, 2);
        profile_overhead_write_json(json, report->overhead);
    }
}

void summary_write_json(struct buf *out, const struct report *report)
{
    struct json_writer json = {.out = out, .is_spaced = true};
    const struct checks *checks = &report->results->checks;
    uint32_t *order = summary_sort_checks(checks);
    json_begin_object(&json, NULL);
    json_new_line(&json, 2);
    write_summary_metrics(&json, report);
    json_new_line(&json, 2);
    write_group(&json, checks, order, CHECKS_ROOT, "root_group");
    if (report->results->endpoints.n > 0) {
        json_new_line(&json, 2);
        write_summary_endpoints(&json, report);
    }
    write_more(&json, report);
    json_new_line(&json, 0);
    json_end_object(&json);
    buf_putc(out, '\n');
    free(order);
}
