#include "measure/results.h"

bool results_init(struct results *results)
{
    *results = (struct results){0};
    bool ok = metrics_init(&results->metrics);
    return checks_init(&results->checks) && ok;
}

void results_fini(struct results *results)
{
    endpoints_fini(&results->endpoints);
    checks_fini(&results->checks);
    metrics_fini(&results->metrics);
}

static void count_endpoint(struct results *results, const struct tags *tags,
                           bool expected, double duration_ms)
{
    struct tag_value name =
        tags_get(tags, TAG_NAME, "name", &results->metrics.scratch);
    if (name.at)
        endpoints_count(&results->endpoints, name.at, name.n, !expected,
                        duration_ms);
}

void results_count_request(struct results *results, const struct tags *tags)
{
    struct metrics *m = &results->metrics;
    const struct transfer *transfer = tags->transfer;
    struct transfer_timings t;
    bool expected = outcome_is_expected(transfer);
    transfer_timings(&t, &transfer->times);
    outcome_count(&results->outcome, transfer);

    metrics_add(m, METRIC_HTTP_REQS, 1, tags);
    if (transfer->expected)
        metrics_add(m, METRIC_HTTP_REQ_FAILED, !expected, tags);
    metrics_add(m, METRIC_HTTP_REQ_DURATION, t.duration, tags);
    metrics_add(m, METRIC_HTTP_REQ_BLOCKED, t.blocked, tags);
    metrics_add(m, METRIC_HTTP_REQ_CONNECTING, t.connecting, tags);
    metrics_add(m, METRIC_HTTP_REQ_TLS_HANDSHAKING, t.tls_handshaking, tags);
    metrics_add(m, METRIC_HTTP_REQ_SENDING, t.sending, tags);
    metrics_add(m, METRIC_HTTP_REQ_WAITING, t.waiting, tags);
    metrics_add(m, METRIC_HTTP_REQ_RECEIVING, t.receiving, tags);
    metrics_add(m, METRIC_DATA_SENT, (double)transfer->n_sent, tags);
    metrics_add(m, METRIC_DATA_RECEIVED, (double)transfer->n_received, tags);
    if (results->endpoints.wanted)
        count_endpoint(results, tags, expected, t.duration);
}

bool results_merge(struct results *into, struct results *from)
{
    bool ok = metrics_merge(&into->metrics, &from->metrics);
    ok = checks_merge(&into->checks, &from->checks) && ok;
    ok = endpoints_merge(&into->endpoints, &from->endpoints) && ok;
    outcome_merge(&into->outcome, &from->outcome);
    into->n_script_errors += from->n_script_errors;
    into->n_interrupted += from->n_interrupted;
    from->n_script_errors = from->n_interrupted = 0;
    return ok;
}
