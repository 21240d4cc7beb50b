/* profile_thresholds.h -- thresholds on the target's profiles: the part of
 * measure/thresholds.h that needs profiles.
 *
 * Path: load/config.c, load/load.c -> [profile_thresholds] -> profile_metric.c,
 * profile_capture.c
 */
#ifndef TARGET_PROFILE_THRESHOLDS_H
#define TARGET_PROFILE_THRESHOLDS_H

#include <stdbool.h>

#include "base/err.h"

struct profile_options;
struct selector;
struct thresholds;

/* Checks one threshold, for thresholds_check. Returns false and sets err if the
 * metric, a tag or the aggregation is wrong. */
bool profile_thresholds_check(const struct selector *selector,
                              const char *aggregation, struct err *err);

/* Adds the kinds of profiles that the thresholds need to `options`, unless
 * another kind that answers is wanted already. Returns false and sets err if a
 * threshold is wrong. */
bool profile_thresholds_want(const struct thresholds *thresholds,
                             struct profile_options *options, struct err *err);

/* Measures one threshold, for thresholds_evaluate_profiles. `ctx` is the struct
 * profile_capture. Returns true and sets err to a note, which may be "", or
 * returns false and sets err to the reason. */
bool profile_thresholds_measure(void *ctx, const struct selector *selector,
                                const char *aggregation, double *value,
                                struct err *err);

#endif
