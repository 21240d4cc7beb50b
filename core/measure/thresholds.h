/* thresholds.h -- options.thresholds: conditions on metrics that decide whether
 * a run has failed, and that may end the run early. The functions in order of
 * use:
 *
 *   thresholds_read     from the script's options
 *   metrics_watch       with `selectors`, in each generator's metrics and those
 *                       of the whole test: makes the sub-metrics
 *   thresholds_check    once the script has defined its metrics, before load
 *   thresholds_evaluate regularly with the merged results, and at the end
 *   thresholds_evaluate_profiles  at the end
 *
 * A metric whose name begins with `profile_` belongs to the target's profiles.
 * Its aggregations and values come from callbacks
 * (target/profile_thresholds.c).
 *
 * Path: load/config_read.c -> [thresholds] -> load/load.c
 */
#ifndef MEASURE_THRESHOLDS_H
#define MEASURE_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "measure/selector.h"
#include "measure/threshold.h"

/* The most metrics and sub-metrics with conditions, and conditions of one. */
#define THRESHOLDS_MAX 256

struct lua_State;
struct results;

/* The conditions on one metric or sub-metric. */
struct metric_thresholds {
    struct threshold *all; /* in the script's order */
    unsigned n;
};

struct thresholds {
    struct selector
        *selectors; /* sorted by text; sub-metrics point into them */
    struct metric_thresholds *of; /* the conditions of each selector */
    unsigned n;
};

#define THRESHOLDS_INIT ((struct thresholds){0})

void thresholds_fini(struct thresholds *thresholds);

/* Reads the table at `index`: metric = condition, or a list of conditions. A
 * condition is a text, or { text, abortOnFail =, delayAbortEval = }; the text
 * may also stand under `threshold`. Returns false and sets err if a condition
 * is invalid. Raises a Lua error only if out of memory. */
bool thresholds_read(struct thresholds *thresholds, struct lua_State *L,
                     int index, struct err *err);

/* Returns the conditions on the metric or sub-metric `title`, NULL if there are
 * none. */
const struct metric_thresholds *thresholds_of(const struct thresholds *all,
                                              const char *title);

/* Returns true for a metric of the target's profiles. */
bool thresholds_is_profile(const struct selector *selector);

/* Returns false and sets err, which lists the valid ones, if a profile's metric
 * does not have the aggregation. */
typedef bool (*thresholds_profile_check_fn)(const struct selector *selector,
                                            const char *aggregation,
                                            struct err *err);

/* Checks that each metric exists and has the aggregations of its conditions.
 * Returns false and sets err if not. If `check` is NULL there are no profiles,
 * and their metrics are unknown. */
bool thresholds_check(const struct thresholds *thresholds,
                      const struct metrics *metrics,
                      thresholds_profile_check_fn check, struct err *err);

/* Judges all conditions except those on profiles. While the run lasts, metrics
 * without a value are not judged. At the end (results->end_ns is set) they are
 * judged by 0, except a Rate, whose conditions then hold; this is k6's rule.
 * Returns true if a condition with abortOnFail has failed. */
bool thresholds_evaluate(struct thresholds *thresholds,
                         const struct results *results, int64_t now_ns);

/* Gets a profile's value. Returns false and sets err if there is none; then the
 * threshold fails. With true, err may hold a remark about the value. */
typedef bool (*thresholds_profile_fn)(void *ctx,
                                      const struct selector *selector,
                                      const char *aggregation, double *value,
                                      struct err *err);

/* Judges the conditions on profiles. */
void thresholds_evaluate_profiles(struct thresholds *thresholds,
                                  thresholds_profile_fn measure, void *ctx);

unsigned thresholds_count(const struct thresholds *thresholds);
unsigned thresholds_count_failed(const struct thresholds *thresholds);

#endif
