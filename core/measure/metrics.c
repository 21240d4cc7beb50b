#include "measure/metrics.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

const char *const metric_kind_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_RATE] = "rate",
    [METRIC_TREND] = "trend",
};

const char *const metric_unit_names[] = {
    [METRIC_PLAIN] = "default",
    [METRIC_TIME] = "time",
    [METRIC_DATA] = "data",
};

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

/* k6 always has this sub-metric. */
static const struct selector expected_response = {
    .text = "http_req_duration{expected_response:true}",
    .metric = "http_req_duration",
    .tags = {{TAG_EXPECTED_RESPONSE, "expected_response", "true", 4}},
    .n_tags = 1,
};

static struct metric *append_metric(struct metrics *metrics, const char *name,
                                    enum metric_kind kind,
                                    enum metric_unit unit)
{
    struct metric *metric =
        metrics->n < METRICS_MAX ? calloc(1, sizeof *metric) : NULL;
    if (!metric)
        return NULL;
    snprintf(metric->name, sizeof metric->name, "%s", name);
    metric->kind = kind;
    metric->unit = unit;
    metric->owner = metrics;
    metrics->all[metrics->n++] = metric;
    return metric;
}

static void update_watched(struct metric *metric)
{
    metric->watched =
        metric->n_subs > 0 || (metric->owner->tap && !metric->selector);
}

static struct metric *find_sub(const struct metric *metric, const char *text)
{
    for (unsigned i = 0; i < metric->n_subs; i++)
        if (strcmp(metric->subs[i]->selector->text, text) == 0)
            return metric->subs[i];
    return NULL;
}

struct metric *metrics_need_sub(struct metric *metric,
                                const struct selector *selector)
{
    struct metric *sub = find_sub(metric, selector->text);
    if (sub) {
        sub->selector = selector; /* a user's selector equal to k6's own */
        return sub;
    }
    struct metric **subs =
        realloc(metric->subs, (metric->n_subs + 1) * sizeof *subs);
    if (!subs)
        return NULL;
    metric->subs = subs;
    sub =
        append_metric(metric->owner, metric->name, metric->kind, metric->unit);
    if (!sub)
        return NULL;
    sub->selector = selector;
    subs[metric->n_subs++] = sub;
    update_watched(metric);
    return sub;
}

/* Makes the sub-metrics whose selectors name this metric. */
static bool add_subs(struct metric *metric)
{
    const struct metrics *metrics = metric->owner;
    bool ok = true;
    for (unsigned i = 0; i < metrics->n_selectors; i++) {
        const struct selector *selector = &metrics->selectors[i];
        if (selector->n_tags > 0 && strcmp(selector->metric, metric->name) == 0)
            ok = metrics_need_sub(metric, selector) && ok;
    }
    return ok;
}

bool metric_is_asked_for(const struct metric *metric)
{
    return metric->selector && metric->selector != &expected_response;
}

bool metrics_init(struct metrics *metrics)
{
    *metrics = (struct metrics){.n = 0};
    for (int i = 0; i < METRIC_N_BUILT_IN; i++)
        if (!append_metric(metrics, built_in[i].name, built_in[i].kind,
                           built_in[i].unit))
            return false;
    return metrics_need_sub(metrics->all[METRIC_HTTP_REQ_DURATION],
                            &expected_response);
}

void metrics_fini(struct metrics *metrics)
{
    metrics_set_tap(metrics, NULL, NULL);
    for (unsigned i = 0; i < metrics->n; i++) {
        histogram_fini(&metrics->all[i]->values);
        free(metrics->all[i]->subs);
        free(metrics->all[i]);
    }
    metrics->n = 0;
    buf_fini(&metrics->scratch);
    buf_fini(&metrics->own_tags);
}

struct metric *metrics_find(const struct metrics *metrics, const char *name)
{
    for (unsigned i = 0; i < metrics->n; i++) {
        struct metric *metric = metrics->all[i];
        if (!metric->selector && strcmp(metric->name, name) == 0)
            return metric;
    }
    return NULL;
}

struct metric *metrics_select(const struct metrics *metrics,
                              const struct selector *selector)
{
    struct metric *metric = metrics_find(metrics, selector->metric);
    if (!metric || selector->n_tags == 0)
        return metric;
    return find_sub(metric, selector->text);
}

bool metrics_watch(struct metrics *metrics, const struct selector *selectors,
                   unsigned n)
{
    bool ok = true;
    metrics->selectors = selectors;
    metrics->n_selectors = n;
    for (unsigned i = 0, n_now = metrics->n; i < n_now; i++)
        if (!metrics->all[i]->selector)
            ok = add_subs(metrics->all[i]) && ok;
    return ok;
}

void metrics_set_tap(struct metrics *metrics, const struct metrics_tap *tap,
                     void *ctx)
{
    if (metrics->tap && metrics->tap->close)
        metrics->tap->close(metrics->tap_ctx);
    metrics->tap = tap;
    metrics->tap_ctx = ctx;
    for (unsigned i = 0; i < metrics->n; i++)
        update_watched(metrics->all[i]);
}

const char *metric_title(const struct metric *metric)
{
    return metric->selector ? metric->selector->text : metric->name;
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
    struct metric *metric = metrics_find(metrics, name);
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
    metric = append_metric(metrics, name, kind, unit);
    if (!metric || !add_subs(metric)) {
        err_set(err, "out of memory for metric '%s'", name);
        return NULL;
    }
    update_watched(metric);
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

static void count_value(struct metric *metric, double value)
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

void metrics_flush(struct metrics *metrics, bool all)
{
    if (metrics->tap && metrics->tap->flush)
        metrics->tap->flush(metrics->tap_ctx, all);
}

static void pass_on(struct metric *metric, double value,
                    const struct tags *tags)
{
    struct metrics *metrics = metric->owner;
    for (unsigned i = 0; i < metric->n_subs; i++)
        if (selector_matches(metric->subs[i]->selector, tags,
                             &metrics->scratch))
            count_value(metric->subs[i], value);
    if (metrics->tap)
        metrics->tap->sample(metrics->tap_ctx, metric, value, tags);
}

void metric_add(struct metric *metric, double value, const struct tags *tags)
{
    count_value(metric, value);
    if (metric->watched)
        pass_on(metric, value, tags);
}

void metrics_add(struct metrics *metrics, enum metric_id id, double value,
                 const struct tags *tags)
{
    metric_add(metrics->all[id], value, tags);
}
