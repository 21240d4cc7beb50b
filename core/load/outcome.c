#include "load/outcome.h"

#include <stdio.h>

#include "base/log.h"

bool outcome_is_expected(const struct transfer *transfer)
{
    return transfer->status >= 200 && transfer->status < 400;
}

static void log_first(const struct transfer *transfer)
{
    const struct url *url = &transfer->url;
    char text[300], host[300];
    snprintf(text, sizeof text, "%s%s%s", client_error_text(transfer->error),
             transfer->detail ? ": " : "",
             transfer->detail ? transfer->detail : "");
    snprintf(host, sizeof host, "%.*s", (int)url->authority.n,
             url->authority.at);
    log_write(LOG_WARN, "request_failed",
              LOG_FIELDS(log_integer("error_code", (int)transfer->error),
                         log_text("error", text), log_text("host", host),
                         log_text("note", "further ones of this kind are only "
                                          "counted")));
}

static void count_error(struct outcome *outcome,
                        const struct transfer *transfer)
{
    for (unsigned i = 0; i < outcome->n_errors; i++)
        if (outcome->errors[i].error == transfer->error) {
            outcome->errors[i].count++;
            return;
        }
    log_first(transfer);
    if (outcome->n_errors < OUTCOME_ERRORS_MAX)
        outcome->errors[outcome->n_errors++] =
            (struct outcome_error){transfer->error, 1};
}

void outcome_record(struct outcome *outcome, struct metrics *metrics,
                    const struct transfer *transfer)
{
    struct transfer_timings timings;
    bool expected = outcome_is_expected(transfer);
    transfer_timings(&timings, &transfer->times);
    if (transfer->error)
        count_error(outcome, transfer);
    else
        outcome->by_status[transfer->status % OUTCOME_STATUS_MAX]++;

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
    metrics_add(metrics, METRIC_DATA_SENT, (double)transfer->n_sent);
    metrics_add(metrics, METRIC_DATA_RECEIVED, (double)transfer->n_received);
}

void outcome_fail(struct outcome *outcome, struct metrics *metrics,
                  enum client_error error, struct transfer *transfer)
{
    transfer_clear(transfer);
    transfer_fail(transfer, error, NULL);
    outcome_record(outcome, metrics, transfer);
}
