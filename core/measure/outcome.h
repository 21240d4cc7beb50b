/* outcome.h -- counts requests by status and by error.
 *
 * Path: results.c -> [outcome] -> report/summary_outcome.c
 */
#ifndef MEASURE_OUTCOME_H
#define MEASURE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "client/transfer.h"

#define OUTCOME_STATUS_MAX 1000
#define OUTCOME_ERRORS_MAX 32

struct outcome_error {
    enum client_error error;
    uint64_t count;
};

struct outcome {
    uint64_t by_status[OUTCOME_STATUS_MAX];
    struct outcome_error
        errors[OUTCOME_ERRORS_MAX]; /* in order of appearance */
    unsigned n_errors;
};

/* Returns true if the reply has an expected status, or if the request expects
 * none. */
bool outcome_is_expected(const struct transfer *transfer);

/* Counts a transfer that is done. Logs the first error of each class in the
 * process. */
void outcome_count(struct outcome *outcome, const struct transfer *transfer);

/* Adds the counts of `from` to `into` and sets them to zero. */
void outcome_merge(struct outcome *into, struct outcome *from);

#endif
