/* results.h -- what a load test has counted: metrics, checks, statuses and
 * errors.
 *
 * Each generator counts into its own, without a lock; what it has is moved
 * from time to time to that of the whole test, which is what thresholds, the
 * live view and the summary read.
 */
#ifndef MEASURE_RESULTS_H
#define MEASURE_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/checks.h"
#include "measure/endpoints.h"
#include "measure/metrics.h"
#include "measure/outcome.h"

struct results {
    struct metrics metrics;
    struct checks checks;
    struct outcome outcome;
    struct endpoints endpoints; /* counted if they are wanted */
    uint64_t n_script_errors;
    uint64_t n_interrupted;   /* iterations */
    int64_t start_ns, end_ns; /* of the run, monotonic; end 0: it goes on */
};

/* False when out of memory; fini it either way. */
bool results_init(struct results *results);
void results_fini(struct results *results);

/* Count the transfer of these tags, which is done: the HTTP metrics, its
 * outcome, its endpoint. */
void results_count_request(struct results *results, const struct tags *tags);

/* Add all that `from` has counted to `into`, and set it to zero. What is
 * registered in `from` (metrics, groups, checks) stays, and so does every
 * `struct metric *`; it is matched by name, once, so `from` must always be
 * merged into the same results. Neither may be in use by another thread.
 * False when out of memory: what found no room is still in `from`. */
bool results_merge(struct results *into, struct results *from);

#endif
