#include "load/outcome.h"

#include <stdio.h>

#include "base/log.h"

static double span_ms(int64_t from_ns, int64_t to_ns)
{
    return from_ns && to_ns > from_ns ? (double)(to_ns - from_ns) / 1e6 : 0;
}

void outcome_timings(struct outcome_timings *out,
                     const struct exchange_times *times)
{
    /* A reply may come before all of the request is sent, or never. */
    int64_t first_ns =
        times->first_byte_ns ? times->first_byte_ns : times->done_ns;
    int64_t sent_ns = times->sent_ns ? times->sent_ns : first_ns;
    out->blocked = span_ms(times->start_ns, times->connected_ns);
    out->connecting = span_ms(times->dial_ns, times->connected_ns);
    out->tls_handshaking = 0;
    out->sending = span_ms(times->connected_ns, sent_ns);
    out->waiting = times->connected_ns ? span_ms(sent_ns, first_ns) : 0;
    out->receiving = span_ms(times->first_byte_ns, times->done_ns);
    out->duration = out->sending + out->waiting + out->receiving;
}

int outcome_code(const struct exchange *exchange)
{
    if (exchange->error)
        return (int)exchange->error;
    return exchange->status >= 400 ? 1000 + exchange->status : 0;
}

bool outcome_is_expected(const struct exchange *exchange)
{
    return exchange->status >= 200 && exchange->status < 400;
}

static void log_first(const struct exchange *exchange)
{
    const struct url *url = &exchange->url;
    char text[300], quoted[400], to[300], reason[300];
    snprintf(text, sizeof text, "%s%s%s", client_error_text(exchange->error),
             exchange->detail ? ": " : "",
             exchange->detail ? exchange->detail : "");
    snprintf(to, sizeof to, "%.*s", (int)url->authority.n, url->authority.at);
    log_write(LOG_WARN, "request_failed",
              "error_code=%d error=%s host=%s note=\"further ones of this "
              "kind are only counted\"",
              (int)exchange->error, log_quote(quoted, sizeof quoted, text),
              log_quote(reason, sizeof reason, to));
}

static void count_error(struct outcome *outcome,
                        const struct exchange *exchange)
{
    for (unsigned i = 0; i < outcome->n_errors; i++)
        if (outcome->errors[i].error == exchange->error) {
            outcome->errors[i].count++;
            return;
        }
    log_first(exchange);
    if (outcome->n_errors < OUTCOME_ERRORS_MAX)
        outcome->errors[outcome->n_errors++] =
            (struct outcome_error){exchange->error, 1};
}

void outcome_record(struct outcome *outcome, struct metrics *metrics,
                    const struct exchange *exchange)
{
    struct outcome_timings timings;
    bool expected = outcome_is_expected(exchange);
    outcome_timings(&timings, &exchange->times);
    if (exchange->error)
        count_error(outcome, exchange);
    else
        outcome->by_status[exchange->status % OUTCOME_STATUS_MAX]++;

    metrics_add(metrics, METRIC_HTTP_REQS, 1);
    metrics_add(metrics, METRIC_HTTP_REQ_FAILED, !expected);
    metrics_add(metrics, METRIC_HTTP_REQ_DURATION, timings.duration);
    if (expected)
        metrics_add(metrics, METRIC_HTTP_REQ_DURATION_EXPECTED,
                    timings.duration);
    metrics_add(metrics, METRIC_HTTP_REQ_BLOCKED, timings.blocked);
    metrics_add(metrics, METRIC_HTTP_REQ_CONNECTING, timings.connecting);
    metrics_add(metrics, METRIC_HTTP_REQ_TLS_HANDSHAKING,
                timings.tls_handshaking);
    metrics_add(metrics, METRIC_HTTP_REQ_SENDING, timings.sending);
    metrics_add(metrics, METRIC_HTTP_REQ_WAITING, timings.waiting);
    metrics_add(metrics, METRIC_HTTP_REQ_RECEIVING, timings.receiving);
    metrics_add(metrics, METRIC_DATA_SENT, (double)exchange->n_sent);
    metrics_add(metrics, METRIC_DATA_RECEIVED, (double)exchange->n_received);
}

void outcome_fail(struct outcome *outcome, struct metrics *metrics,
                  enum client_error error, struct exchange *exchange)
{
    exchange_clear(exchange);
    exchange_fail(exchange, error, NULL);
    outcome_record(outcome, metrics, exchange);
}
