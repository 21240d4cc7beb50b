#include "report/report_table.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load/config.h"
#include "load/executor.h"
#include "measure/results.h"
#include "measure/series.h"
#include "report/summary.h"

#define set_number report_table_set_number
#define set_text report_table_set_text
#define set_flag report_table_set_flag

void report_table_set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

void report_table_set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

void report_table_set_flag(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static const char *const units[] = {
    [METRIC_PLAIN] = "plain", [METRIC_TIME] = "time", [METRIC_DATA] = "data"};

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* --- options of the run --------------------------------------------------- */

static void push_stages(lua_State *L, const struct stages *stages)
{
    lua_createtable(L, (int)stages->n, 0);
    for (unsigned i = 0; i < stages->n; i++) {
        lua_createtable(L, 0, 2);
        set_number(L, "seconds", seconds(stages->all[i].duration_ns));
        set_number(L, "target", stages->all[i].target);
        lua_rawseti(L, -2, i + 1);
    }
}

static double count_iterations(const struct scenario *scenario)
{
    double n = (double)scenario->iterations;
    if (scenario->executor == &executor_per_vu_iterations)
        return n * (double)scenario->vus;
    return scenario->executor == &executor_shared_iterations ? n : 0;
}

static void push_scenarios(lua_State *L, const struct config *config)
{
    lua_createtable(L, (int)config->n_scenarios, 0);
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        lua_createtable(L, 0, 10);
        set_text(L, "name", scenario->name);
        set_text(L, "executor", scenario->executor->name);
        set_number(L, "vus", (double)scenario->vus);
        set_number(L, "start", seconds(scenario->start_ns));
        set_number(L, "duration", seconds(scenario->duration_ns));
        set_number(L, "iterations", count_iterations(scenario));
        set_flag(L, "is_open", scenario->max_vus > 0);
        set_number(L, "from", scenario->stages.start);
        push_stages(L, &scenario->stages);
        lua_setfield(L, -2, "stages");
        lua_rawseti(L, -2, i + 1);
    }
}

/* Returns true for a threshold that a chart of latencies can show. */
static bool is_latency(const struct selector *selector,
                       const struct threshold *threshold)
{
    return selector->n_tags == 0 && threshold->aggregation == THRESHOLD_TREND &&
           (strcmp(selector->metric, "http_req_latency") == 0 ||
            strcmp(selector->metric, "http_req_duration") == 0);
}

/* Returns the unit of the judged value. */
static const char *unit_of(const struct threshold *threshold,
                           const struct metric *metric)
{
    bool is_share = threshold->aggregation == THRESHOLD_SHARE ||
                    threshold->aggregation == THRESHOLD_CUM_SHARE ||
                    (metric && metric->kind == METRIC_RATE);
    return is_share ? "share" : units[metric ? metric->unit : METRIC_PLAIN];
}

static void push_threshold(lua_State *L, const struct report *report,
                           const struct selector *selector,
                           const struct threshold *threshold)
{
    lua_createtable(L, 0, 10);
    set_text(L, "metric", selector->text);
    set_text(L, "condition", threshold->text);
    set_number(L, "bound", threshold->bound);
    set_number(L, "value", threshold->value);
    set_text(L, "unit",
             unit_of(threshold,
                     metrics_select(&report->results->metrics, selector)));
    set_flag(L, "judged", threshold->judged);
    set_flag(L, "failed", threshold->failed);
    if (threshold->failed && threshold->first_failed_ns > 0)
        set_number(L, "first_failed", seconds(threshold->first_failed_ns));
    set_text(L, "note", threshold->note);
    set_flag(L, "is_latency", is_latency(selector, threshold));
}

static void push_report_thresholds(lua_State *L, const struct report *report)
{
    const struct thresholds *thresholds = &report->config->thresholds;
    lua_Integer n = 0;
    lua_newtable(L);
    for (unsigned i = 0; i < thresholds->n; i++)
        for (unsigned k = 0; k < thresholds->of[i].n; k++) {
            push_threshold(L, report, &thresholds->selectors[i],
                           &thresholds->of[i].all[k]);
            lua_rawseti(L, -2, ++n);
        }
}

/* --- results ---------------------------------------------------------------
 */

static void set_trend(lua_State *L, const struct histogram *values)
{
    static const struct {
        const char *name;
        double quantile;
    } quantiles[] = {{"med", 0.5},
                     {"p90", 0.9},
                     {"p95", 0.95},
                     {"p99", 0.99},
                     {"p999", 0.999}};
    double n = (double)values->count;
    set_number(L, "avg", n > 0 ? values->sum / n : 0);
    set_number(L, "min", values->least);
    set_number(L, "max", values->greatest);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        set_number(L, quantiles[i].name,
                   histogram_quantile(values, quantiles[i].quantile));
}

static void push_report_metric(lua_State *L, const struct report *report,
                               const struct metric *metric)
{
    double all = (double)metric->count;
    lua_createtable(L, 0, 12);
    set_text(L, "name", metric_title(metric));
    set_text(L, "kind", metric_kind_names[metric->kind]);
    set_text(L, "unit", units[metric->unit]);
    set_number(L, "count", all);
    switch (metric->kind) {
    case METRIC_COUNTER:
        set_number(L, "value", metric->sum);
        set_number(L, "rate", summary_rate(report->results, metric->sum));
        break;
    case METRIC_GAUGE:
        set_number(L, "value", metric->last);
        set_number(L, "least", metric->least);
        set_number(L, "greatest", metric->greatest);
        break;
    case METRIC_RATE:
        set_number(L, "value", all > 0 ? metric->sum / all : 0);
        set_number(L, "passes", metric->sum);
        break;
    case METRIC_TREND:
        set_trend(L, &metric->values);
        break;
    }
}

static void push_report_metrics(lua_State *L, const struct report *report)
{
    const struct metrics *metrics = &report->results->metrics;
    lua_Integer n = 0;
    lua_newtable(L);
    for (unsigned i = 0; i < metrics->n; i++) {
        if (!metrics->all[i]->used)
            continue;
        push_report_metric(L, report, metrics->all[i]);
        lua_rawseti(L, -2, ++n);
    }
}

/* Orders endpoints by requests, descending. */
static int by_requests(const void *a, const void *b)
{
    const struct endpoint *x = *(const struct endpoint *const *)a;
    const struct endpoint *y = *(const struct endpoint *const *)b;
    if (x->n_requests != y->n_requests)
        return x->n_requests > y->n_requests ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void push_report_endpoints(lua_State *L,
                                  const struct endpoints *endpoints)
{
    const struct endpoint **order =
        lua_newuserdatauv(L, (endpoints->n + 1) * sizeof *order, 0);
    for (uint32_t i = 0; i < endpoints->n; i++)
        order[i] = &endpoints->all[i];
    qsort(order, endpoints->n, sizeof *order, by_requests);
    lua_createtable(L, (int)endpoints->n, 0);
    for (uint32_t i = 0; i < endpoints->n; i++) {
        lua_createtable(L, 0, 6);
        lua_pushlstring(L, order[i]->name, order[i]->n_name);
        lua_setfield(L, -2, "name");
        set_number(L, "count", (double)order[i]->n_requests);
        set_number(L, "failed", (double)order[i]->n_failed);
        set_number(L, "p50", histogram_quantile(&order[i]->duration, 0.5));
        set_number(L, "p99", histogram_quantile(&order[i]->duration, 0.99));
        set_number(L, "max", order[i]->duration.greatest);
        lua_rawseti(L, -2, i + 1);
    }
    lua_remove(L, -2);
}

/* Pushes the path of a group, "outer ▸ inner". */
static void push_group_path(lua_State *L, const struct checks *checks,
                            uint32_t group)
{
    if (group == CHECKS_ROOT) {
        lua_pushliteral(L, "");
        return;
    }
    uint32_t parent = checks->groups[group].parent;
    luaL_checkstack(L, 3, "groups within groups");
    push_group_path(L, checks, parent);
    lua_pushstring(L, parent == CHECKS_ROOT ? "" : " ▸ ");
    lua_pushstring(L, checks->groups[group].name);
    lua_concat(L, 3);
}

static void push_report_checks(lua_State *L, const struct checks *checks)
{
    lua_createtable(L, (int)checks->n_checks, 0);
    for (uint32_t i = 0; i < checks->n_checks; i++) {
        const struct check *check = &checks->checks[i];
        lua_createtable(L, 0, 4);
        push_group_path(L, checks, check->group);
        lua_setfield(L, -2, "group");
        set_text(L, "name", check->name);
        set_number(L, "passed", (double)check->n_passed);
        set_number(L, "failed", (double)check->n_failed);
        lua_rawseti(L, -2, i + 1);
    }
}

static void set_outcome(lua_State *L, const struct outcome *outcome)
{
    lua_Integer n = 0;
    lua_newtable(L);
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++) {
        if (outcome->by_status[i] == 0)
            continue;
        lua_createtable(L, 0, 2);
        set_number(L, "status", i);
        set_number(L, "count", (double)outcome->by_status[i]);
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "statuses");
    lua_newtable(L);
    for (unsigned i = 0; i < outcome->n_errors; i++) {
        lua_createtable(L, 0, 3);
        set_number(L, "code", (int)outcome->errors[i].error);
        set_text(L, "text", client_error_text(outcome->errors[i].error));
        set_number(L, "count", (double)outcome->errors[i].count);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "errors");
}

/* Pushes the distribution in HdrHistogram's steps: five for each half of the
 * rest to 1. */
static void push_distribution(lua_State *L, const struct histogram *values)
{
    double quantile = 0, n = (double)values->count;
    lua_Integer i = 0;
    lua_newtable(L);
    while (n > 0) {
        lua_createtable(L, 0, 2);
        set_number(L, "quantile", quantile);
        set_number(L, "value", histogram_quantile(values, quantile));
        lua_rawseti(L, -2, ++i);
        if (quantile >= 1)
            break;
        double half = pow(2, floor(log2(1 / (1 - quantile))) + 1);
        quantile += 1 / (5 * half);
        if ((1 - quantile) * n < 1)
            quantile = 1;
    }
}

/* --- the table -------------------------------------------------------------
 */

static void set_requests(lua_State *L, const struct report *report)
{
    struct metric *const *all = report->results->metrics.all;
    double n = all[METRIC_HTTP_REQS]->sum;
    lua_createtable(L, 0, 3);
    set_number(L, "count", n);
    set_number(L, "rate", summary_rate(report->results, n));
    set_number(L, "failed", all[METRIC_HTTP_REQ_FAILED]->sum);
    lua_setfield(L, -2, "requests");
}

static void set_generator(lua_State *L, const struct report *report)
{
    const struct histogram *lag =
        &report->results->metrics.all[METRIC_PACING_LAG]->values;
    lua_createtable(L, 0, 4);
    set_number(L, "threads", report->series->n_generators);
    set_number(L, "cpu", seconds(report->cpu_ns));
    set_number(L, "busy", 1 - report->least_idle);
    if (lag->count)
        set_number(L, "lag_p99", histogram_quantile(lag, 0.99));
    lua_setfield(L, -2, "generator");
}

void report_table_push(lua_State *L, const struct report *report)
{
    const struct results *results = report->results;
    struct metric *const *all = results->metrics.all;
    lua_createtable(L, 0, 24);
    set_text(L, "title", report->title);
    set_text(L, "target", report->target);
    set_text(L, "version", PERILUNE_VERSION);
    set_text(L, "ended", report->ended);
    set_number(L, "started", seconds(report->started_ns));
    set_number(L, "seconds", seconds(results->end_ns - results->start_ns));
    set_requests(L, report);
    set_generator(L, report);
    push_scenarios(L, report->config);
    lua_setfield(L, -2, "scenarios");
    push_report_thresholds(L, report);
    lua_setfield(L, -2, "thresholds");
    report_table_push_series(L, report->series);
    lua_setfield(L, -2, "series");
    push_distribution(L, &all[METRIC_HTTP_REQ_LATENCY]->values);
    lua_setfield(L, -2, "latency");
    push_distribution(L, &all[METRIC_HTTP_REQ_DURATION]->values);
    lua_setfield(L, -2, "duration");
    push_report_endpoints(L, &results->endpoints);
    lua_setfield(L, -2, "endpoints");
    push_report_checks(L, &results->checks);
    lua_setfield(L, -2, "checks");
    push_report_metrics(L, report);
    lua_setfield(L, -2, "metrics");
    set_outcome(L, &results->outcome);
    set_number(L, "script_errors", (double)results->n_script_errors);
    set_number(L, "interrupted", (double)results->n_interrupted);
    if (report->profiles)
        report_table_set_profiles(L, report->profiles);
}
