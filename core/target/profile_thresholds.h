/* profile_thresholds.h -- thresholds on the target's profiles: what
 * thresholds.c leaves to who takes them.
 */
#ifndef TARGET_PROFILE_THRESHOLDS_H
#define TARGET_PROFILE_THRESHOLDS_H

#include <stdbool.h>

#include "base/err.h"

struct profile_options;
struct selector;
struct thresholds;

/* Of thresholds_check. */
bool profile_thresholds_check(const struct selector *selector,
                              const char *aggregation, struct err *err);

/* Have the kinds taken that they ask for, where no other that answers is. False
 * and err: what one asks for there is not. */
bool profile_thresholds_want(const struct thresholds *thresholds,
                             struct profile_options *options, struct err *err);

/* Of thresholds_evaluate_profiles; `ctx` is the struct profile_capture. */
bool profile_thresholds_measure(void *ctx, const struct selector *selector,
                                const char *aggregation, double *value,
                                struct err *err);

#endif
