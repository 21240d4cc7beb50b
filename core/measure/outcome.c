#include "measure/outcome.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define OUTCOME_CODE_MAX 2000

bool outcome_is_expected(const struct transfer *transfer)
{
    return !transfer->expected ||
           status_set_has(transfer->expected, transfer->status);
}

/* By error: some generator has logged it. */
static atomic_bool logged[OUTCOME_CODE_MAX];

static void log_first(const struct transfer *transfer)
{
    const struct url *url = &transfer->url;
    char text[300], host[300];
    if (atomic_exchange(&logged[transfer->error % OUTCOME_CODE_MAX], true))
        return;
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

/* Counts the error. Returns false if it is new. */
static bool add_error(struct outcome *outcome, enum client_error error,
                      uint64_t count)
{
    for (unsigned i = 0; i < outcome->n_errors; i++)
        if (outcome->errors[i].error == error) {
            outcome->errors[i].count += count;
            return false;
        }
    if (outcome->n_errors < OUTCOME_ERRORS_MAX)
        outcome->errors[outcome->n_errors++] =
            (struct outcome_error){error, count};
    return true;
}

void outcome_count(struct outcome *outcome, const struct transfer *transfer)
{
    if (!transfer->error)
        outcome->by_status[transfer->status % OUTCOME_STATUS_MAX]++;
    else if (add_error(outcome, transfer->error, 1))
        log_first(transfer);
}

void outcome_merge(struct outcome *into, struct outcome *from)
{
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++)
        into->by_status[i] += from->by_status[i];
    memset(from->by_status, 0, sizeof from->by_status);
    for (unsigned i = 0; i < from->n_errors; i++) {
        add_error(into, from->errors[i].error, from->errors[i].count);
        from->errors[i].count = 0;
    }
}
