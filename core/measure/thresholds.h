/* thresholds.h -- options.thresholds: conditions on metrics that decide
 * whether a run has failed, and may end it early.
 *
 *   thresholds_read     from the script's options
 *   metrics_watch       with `selectors`, in each generator's metrics and those
 *                       of the whole test: makes the sub-metrics
 *   thresholds_check    once the script has defined its metrics, before load
 *   thresholds_evaluate now and then with the merged results, and at the end
 *   thresholds_evaluate_profiles  at the end
 *
 * A metric whose name begins with `profile_` is of the target's profiles: what
 * it may be asked for, and its value, somebody else knows.
 */
#ifndef MEASURE_THRESHOLDS_H
#define MEASURE_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "measure/selector.h"
#include "measure/threshold.h"

#define THRESHOLDS_MAX                                                         \
    256 /* metrics and sub-metrics, and conditions of one                      \
         */

struct lua_State;
struct results;

/* The conditions on one metric or sub-metric. */
struct metric_thresholds {
    struct threshold *all; /* in the script's order */
    unsigned n;
};

struct thresholds {
    struct selector *selectors;   /* by their texts; tags point into them */
    struct metric_thresholds *of; /* of each selector */
    unsigned n;
};

#define THRESHOLDS_INIT ((struct thresholds){0})

void thresholds_fini(struct thresholds *thresholds);

/* Read the table at `index`: metric = condition, or a list of them. A
 * condition is a text, or { text, abortOnFail =, delayAbortEval = }, the text
 * under `threshold`, too. False and err. Raises no Lua error but that there is
 * no memory. */
bool thresholds_read(struct thresholds *thresholds, struct lua_State *L,
                     int index, struct err *err);

/* The conditions on what is called `title`, a metric or sub-metric; NULL: there
 * are none. */
const struct metric_thresholds *thresholds_of(const struct thresholds *all,
                                              const char *title);

/* Is it one of the target's profiles? */
bool thresholds_is_profile(const struct selector *selector);

/* May a profile's metric be asked for that? False and err: what may. */
typedef bool (*thresholds_profile_check_fn)(const struct selector *selector,
                                            const char *aggregation,
                                            struct err *err);

/* Is each metric there, and of a kind that has what is asked for? False and
 * err. `check` NULL: there are no profiles, and their metrics are unknown. */
bool thresholds_check(const struct thresholds *thresholds,
                      const struct metrics *metrics,
                      thresholds_profile_check_fn check, struct err *err);

/* Judge all but those of profiles. While the run goes on, metrics without a
 * value are not judged; at its end (results->end_ns) they are, by 0, but for
 * a Rate, which then holds: all as in k6. True: one has failed that shall abort
 * the run now. */
bool thresholds_evaluate(struct thresholds *thresholds,
                         const struct results *results, int64_t now_ns);

/* A profile's value. False and err: there is none, and the threshold fails;
 * else err may say what the value may not mean. */
typedef bool (*thresholds_profile_fn)(void *ctx,
                                      const struct selector *selector,
                                      const char *aggregation, double *value,
                                      struct err *err);

/* Judge those of profiles. */
void thresholds_evaluate_profiles(struct thresholds *thresholds,
                                  thresholds_profile_fn measure, void *ctx);

unsigned thresholds_count(const struct thresholds *thresholds);
unsigned thresholds_count_failed(const struct thresholds *thresholds);

#endif
