/* outcome.h -- what became of the requests: a table of statuses and errors. */
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
    struct outcome_error errors[OUTCOME_ERRORS_MAX]; /* in order of arrival */
    unsigned n_errors;
};

/* Has it a status that it expects, or expects it none? */
bool outcome_is_expected(const struct transfer *transfer);

/* Count a transfer that is done. The first error of each class in the program
 * is logged. */
void outcome_count(struct outcome *outcome, const struct transfer *transfer);

/* Add all of `from` to `into` and set `from` to zero. */
void outcome_merge(struct outcome *into, struct outcome *from);

#endif
