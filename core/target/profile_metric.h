/* profile_metric.h -- numbers of the target's profiles, for thresholds:
 *
 *   profile_KIND{function:NAME}         share, cum_share
 *   profile_alloc_bytes                 per_request
 *   profile_alloc_bytes{function:NAME}  per_request, share, cum_share
 *
 * `share` is the function's own part of the profile, from 0 to 1 (`own` of
 * profile/top.h: for a function of a script it includes native code that works
 * for the function). `cum_share` includes the functions that it calls.
 * `per_request` is the bytes that the function itself, or the whole program,
 * allocated in the window, divided by the requests that finished in it. With a
 * tag `name`, shares are of the samples of that endpoint.
 *
 * Path: profile_thresholds.c, profile_capture.c -> [profile_metric] ->
 * profile/top.c
 */
#ifndef TARGET_PROFILE_METRIC_H
#define TARGET_PROFILE_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/profile_kind.h"

struct profile;

/* A threshold on a profile. Strings belong to the caller. */
struct profile_question {
    const char *metric;   /* "profile_cpu" */
    const char *function; /* value of the tag `function`; NULL: no such tag */
    const char *name;     /* value of the tag `name`; NULL: no such tag */
    const char *aggregation; /* "share" */
};

struct profile_answer {
    double value;
    char note[512]; /* a reason to doubt the value, or "" */
};

/* Returns true if the metric's name begins with "profile_". Such names are
 * reserved. */
bool profile_metric_is(const char *metric);

/* Checks the kind, the aggregation and the tags of the question. Returns false
 * and sets err, which says what is allowed, if one of them is wrong. */
bool profile_metric_check(const struct profile_question *question,
                          struct err *err);

/* Sets `kinds` to the kinds of profiles that can answer, and returns their
 * number. The question has passed the check. */
unsigned
profile_metric_kinds(const struct profile_question *question,
                     const struct profile_kind *kinds[PROFILE_N_KINDS]);

/* Answers the question from a profile of such a kind, in whose window
 * `n_requests` finished. A function that the profile does not have gives 0 and
 * a note: the function may be gone or misspelt. Returns false and sets err if
 * the question does not pass the check, the profile lacks the sample type, or
 * no request finished. */
bool profile_metric_evaluate(const struct profile_question *question,
                             const struct profile *profile, uint64_t n_requests,
                             struct profile_answer *answer, struct err *err);

#endif
