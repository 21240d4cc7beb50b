/* summary_outcome.c -- the sections of statuses and of errors. */
#include <stdio.h>

#include "measure/results.h"
#include "report/summary_text.h"

void summary_put_errors(struct buf *out, const struct report *report)
{
    const struct results *results = report->results;
    const struct outcome *outcome = &results->outcome;
    char name[160];
    if (outcome->n_errors == 0 && results->n_script_errors == 0)
        return;
    buf_puts(out, "    ERRORS\n");
    for (unsigned i = 0; i < outcome->n_errors; i++) {
        const struct outcome_error *error = &outcome->errors[i];
        snprintf(name, sizeof name, "%d %s", (int)error->error,
                 client_error_text(error->error));
        summary_put_name(out, name);
        buf_printf(out, "%llu\n", (unsigned long long)error->count);
    }
    if (results->n_script_errors) {
        summary_put_name(out, "script errors");
        buf_printf(out, "%llu\n", (unsigned long long)results->n_script_errors);
    }
    buf_putc(out, '\n');
}

/* Appends the statuses, unless all of them are 200. */
void summary_put_statuses(struct buf *out, const struct report *report)
{
    const uint64_t *by_status = report->results->outcome.by_status;
    char name[32];
    bool all_fine = true;
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++)
        all_fine = all_fine && (i == 200 || by_status[i] == 0);
    if (all_fine)
        return;
    buf_puts(out, "    STATUSES\n");
    for (int i = 0; i < OUTCOME_STATUS_MAX; i++) {
        if (by_status[i] == 0)
            continue;
        snprintf(name, sizeof name, "%d", i);
        summary_put_name(out, name);
        buf_printf(out, "%llu\n", (unsigned long long)by_status[i]);
    }
    buf_putc(out, '\n');
}
