#include "load/metrics.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static const struct built_in {
    const char *name;
    enum metric_kind kind;
    enum metric_unit unit;
} built_in[METRIC_N_BUILT_IN] = {
    [METRIC_HTTP_REQ_BLOCKED] = {"http_req_blocked", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_CONNECTING] = {"http_req_connecting", METRIC_TREND,
                                    METRIC_TIME},
    [METRIC_HTTP_REQ_DURATION] = {"http_req_duration", METRIC_TREND,
                                  METRIC_TIME},
    [METRIC_HTTP_REQ_DURATION_EXPECTED] =
        {"http_req_duration{expected_response:true}", METRIC_TREND,
         METRIC_TIME},
    [METRIC_HTTP_REQ_FAILED] = {"http_req_failed", METRIC_RATE, METRIC_PLAIN},
    [METRIC_HTTP_REQ_LATENCY] = {"http_req_latency", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_RECEIVING] = {"http_req_receiving", METRIC_TREND,
                                   METRIC_TIME},
    [METRIC_HTTP_REQ_SENDING] = {"http_req_sending", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_TLS_HANDSHAKING] = {"http_req_tls_handshaking",
                                         METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_WAITING] = {"http_req_waiting", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQS] = {"http_reqs", METRIC_COUNTER, METRIC_PLAIN},
    [METRIC_CHECKS] = {"checks", METRIC_RATE, METRIC_PLAIN},
    [METRIC_DROPPED_ITERATIONS] = {"dropped_iterations", METRIC_COUNTER,
                                   METRIC_PLAIN},
    [METRIC_GROUP_DURATION] = {"group_duration", METRIC_TREND, METRIC_TIME},
    [METRIC_ITERATION_DURATION] = {"iteration_duration", METRIC_TREND,
                                   METRIC_TIME},
    [METRIC_ITERATIONS] = {"iterations", METRIC_COUNTER, METRIC_PLAIN},
    [METRIC_PACING_LAG] = {"pacing_lag", METRIC_TREND, METRIC_TIME},
    [METRIC_VUS] = {"vus", METRIC_GAUGE, METRIC_PLAIN},
    [METRIC_VUS_MAX] = {"vus_max", METRIC_GAUGE, METRIC_PLAIN},
    [METRIC_DATA_RECEIVED] = {"data_received", METRIC_COUNTER, METRIC_DATA},
    [METRIC_DATA_SENT] = {"data_sent", METRIC_COUNTER, METRIC_DATA},
};

static struct metric *append(struct metrics *metrics, const char *name,
                             enum metric_kind kind, enum metric_unit unit)
{
    struct metric *metric = calloc(1, sizeof *metric);
    if (!metric)
        return NULL;
    snprintf(metric->name, sizeof metric->name, "%s", name);
    metric->kind = kind;
    metric->unit = unit;
    metrics->all[metrics->n++] = metric;
    return metric;
}

bool metrics_init(struct metrics *metrics)
{
    metrics->n = 0;
    for (int i = 0; i < METRIC_N_BUILT_IN; i++)
        if (!append(metrics, built_in[i].name, built_in[i].kind,
                    built_in[i].unit))
            return false;
    return true;
}

void metrics_fini(struct metrics *metrics)
{
    for (unsigned i = 0; i < metrics->n; i++) {
        histogram_fini(&metrics->all[i]->values);
        free(metrics->all[i]);
    }
    metrics->n = 0;
}

static bool is_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > METRIC_NAME_MAX || isdigit((unsigned char)name[0]))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static struct metric *find(const struct metrics *metrics, const char *name)
{
    for (unsigned i = 0; i < metrics->n; i++)
        if (strcmp(metrics->all[i]->name, name) == 0)
            return metrics->all[i];
    return NULL;
}

static bool is_built_in(const struct metrics *metrics,
                        const struct metric *metric)
{
    for (unsigned i = 0; i < METRIC_N_BUILT_IN; i++)
        if (metrics->all[i] == metric)
            return true;
    return false;
}

struct metric *metrics_define(struct metrics *metrics, const char *name,
                              enum metric_kind kind, enum metric_unit unit,
                              struct err *err)
{
    if (!is_name(name)) {
        err_set(err,
                "metric name '%.200s': must be 1 to %d letters, digits and "
                "'_', not beginning with a digit",
                name, METRIC_NAME_MAX);
        return NULL;
    }
    struct metric *metric = find(metrics, name);
    if (metric) {
        if (metric->kind == kind && metric->unit == unit &&
            !is_built_in(metrics, metric))
            return metric;
        err_set(err, "metric '%s' is there already, of another kind", name);
        return NULL;
    }
    if (metrics->n == METRICS_MAX) {
        err_set(err, "metric '%s': there are %d already", name, METRICS_MAX);
        return NULL;
    }
    metric = append(metrics, name, kind, unit);
    if (!metric)
        err_set(err, "out of memory for metric '%s'", name);
    return metric;
}

static void set_gauge(struct metric *metric, double value)
{
    if (!metric->used || value < metric->least)
        metric->least = value;
    if (!metric->used || value > metric->greatest)
        metric->greatest = value;
    metric->last = value;
    metric->last_ns = clock_mono_ns();
}

void metric_add(struct metric *metric, double value)
{
    switch (metric->kind) {
    case METRIC_COUNTER:
        metric->sum += value;
        break;
    case METRIC_GAUGE:
        set_gauge(metric, value);
        break;
    case METRIC_RATE:
        metric->sum += value != 0;
        break;
    case METRIC_TREND:
        histogram_record(&metric->values, value);
        break;
    }
    metric->used = true;
    metric->count++;
}

void metrics_add(struct metrics *metrics, enum metric_id id, double value)
{
    metric_add(metrics->all[id], value);
}

/* Virtual users of different generators may give a name different kinds. */
static void note_conflict(struct metric *metric)
{
    metric->conflicts = true;
    log_write(LOG_WARN, "metric_conflict",
              LOG_FIELDS(log_text("metric", metric->name),
                         log_text("note", "another virtual user made it with "
                                          "another kind: its values are not "
                                          "counted")));
}

static struct metric *find_target(struct metrics *into, struct metric *metric)
{
    struct metric *target = find(into, metric->name);
    if (!target && into->n < METRICS_MAX)
        target = append(into, metric->name, metric->kind, metric->unit);
    if (!target)
        return NULL;
    if (target->kind != metric->kind || target->unit != metric->unit)
        note_conflict(metric);
    metric->merged_into = target;
    return target;
}

static void merge_gauge(struct metric *into, const struct metric *from)
{
    if (!into->used || from->least < into->least)
        into->least = from->least;
    if (!into->used || from->greatest > into->greatest)
        into->greatest = from->greatest;
    if (!into->used || from->last_ns >= into->last_ns) {
        into->last = from->last;
        into->last_ns = from->last_ns;
    }
}

static void merge_metric(struct metric *into, struct metric *from)
{
    if (!from->conflicts) {
        if (from->kind == METRIC_GAUGE)
            merge_gauge(into, from);
        histogram_merge(&into->values, &from->values);
        into->sum += from->sum;
        into->count += from->count;
        into->used = true;
    }
    from->sum = 0;
    from->count = 0;
    from->used = false;
}

bool metrics_merge(struct metrics *into, struct metrics *from)
{
    bool ok = true;
    for (unsigned i = 0; i < from->n; i++) {
        struct metric *metric = from->all[i];
        struct metric *target = metric->merged_into;
        if (!metric->used)
            continue;
        if (!target)
            target = find_target(into, metric);
        if (target)
            merge_metric(target, metric);
        ok = ok && target;
    }
    return ok;
}
