#include "load/metrics.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
    [METRIC_HTTP_REQ_RECEIVING] = {"http_req_receiving", METRIC_TREND,
                                   METRIC_TIME},
    [METRIC_HTTP_REQ_SENDING] = {"http_req_sending", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_TLS_HANDSHAKING] = {"http_req_tls_handshaking",
                                         METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQ_WAITING] = {"http_req_waiting", METRIC_TREND, METRIC_TIME},
    [METRIC_HTTP_REQS] = {"http_reqs", METRIC_COUNTER, METRIC_PLAIN},
    [METRIC_CHECKS] = {"checks", METRIC_RATE, METRIC_PLAIN},
    [METRIC_GROUP_DURATION] = {"group_duration", METRIC_TREND, METRIC_TIME},
    [METRIC_ITERATION_DURATION] = {"iteration_duration", METRIC_TREND,
                                   METRIC_TIME},
    [METRIC_ITERATIONS] = {"iterations", METRIC_COUNTER, METRIC_PLAIN},
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
    strncpy(metric->name, name, METRIC_NAME_MAX);
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
    for (unsigned i = 0; i < metrics->n; i++) {
        struct metric *metric = metrics->all[i];
        if (strcmp(metric->name, name) != 0)
            continue;
        if (metric->kind == kind && metric->unit == unit &&
            i >= METRIC_N_BUILT_IN)
            return metric;
        err_set(err, "metric '%s' is there already, of another kind", name);
        return NULL;
    }
    if (metrics->n == METRICS_MAX) {
        err_set(err, "metric '%s': there are %d already", name, METRICS_MAX);
        return NULL;
    }
    struct metric *metric = append(metrics, name, kind, unit);
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
