/* results.h -- the results of a load test: metrics, checks, outcomes and
 * endpoints.
 *
 * Each generator counts into results of its own, without a lock. Ten times a
 * second the generator hands these over, and the main thread merges them into
 * the results of the whole test, which only the main thread touches (load.h).
 * Thresholds, the live view and the summary read the latter.
 *
 * Path: load/vu.c -> [results] -> load/load.c
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
    struct endpoints endpoints; /* counted if an output needs them */
    uint64_t n_script_errors;
    uint64_t n_interrupted; /* interrupted iterations */
    int64_t start_ns,
        end_ns; /* of the run, monotonic; end_ns is 0 while it runs */
};

/* Returns false if out of memory. results_fini must be called in both cases. */
bool results_init(struct results *results);
void results_fini(struct results *results);

/* Counts the transfer of these tags, which is done: HTTP metrics, outcome and
 * endpoint. */
void results_count_request(struct results *results, const struct tags *tags);

/* Adds the counts of `from` to `into` and sets them to zero. Metrics, groups
 * and checks stay registered in `from`, and every `struct metric *` stays
 * valid. Names are matched once, so `from` must always be merged into the same
 * results. No other thread may use either meanwhile. Returns false if out of
 * memory; counts without room stay in `from`. */
bool results_merge(struct results *into, struct results *from);

#endif
