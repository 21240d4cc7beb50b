/* profile_metric.h -- numbers of the target's profiles, for thresholds:
 *
 *   profile_KIND{function:NAME}         share, cum_share
 *   profile_alloc_bytes                 per_request
 *   profile_alloc_bytes{function:NAME}  per_request, share, cum_share
 *
 * share: the function's own part of the profile, from 0 to 1 (`own` of
 * profile/top.h: for a function of a script, native code that works for it
 * included). cum_share: with all that it calls. per_request: bytes allocated
 * in the window, by that function itself or in all, by the requests that
 * finished in it. With a tag `name`, shares are of the samples of that
 * endpoint.
 *
 * Path: profile_capture.c -> [profile_metric] -> thresholds
 */
#ifndef TARGET_PROFILE_METRIC_H
#define TARGET_PROFILE_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/profile_kind.h"

struct profile;

struct profile_question {
    const char *metric;      /* "profile_cpu" */
    const char *function;    /* the tag's value; NULL: no such tag */
    const char *name;        /* the same */
    const char *aggregation; /* "share" */
};

struct profile_answer {
    double value;
    char note[512]; /* why it may not mean what was meant, or "" */
};

/* Is the metric one of these, by its name? "profile_" is theirs. */
bool profile_metric_is(const char *metric);

/* Does the question make sense? False and err, with what is allowed: the kind,
 * the aggregation, a tag. */
bool profile_metric_check(const struct profile_question *question,
                          struct err *err);

/* Sets `kinds` to the kinds of profiles that can answer and returns their
 * number. The question must have passed the check. */
unsigned
profile_metric_kinds(const struct profile_question *question,
                     const struct profile_kind *kinds[PROFILE_N_KINDS]);

/* The answer, from a profile of such a kind, in whose window `n_requests`
 * finished. A function that is not in the profile has 0, with a note: it may
 * be gone, or misspelt. False and err: the question does not pass the check,
 * the profile has not what it asks for, no request finished. */
bool profile_metric_evaluate(const struct profile_question *question,
                             const struct profile *profile, uint64_t n_requests,
                             struct profile_answer *answer, struct err *err);

#endif
