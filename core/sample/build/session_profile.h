/* session_profile.h -- adds a session's stacks to a profile: names, lines,
 * mappings, labels, and the losses, as comments.
 *
 * Path: session.c -> [session_profile] -> profile/profile.c
 */
#ifndef SAMPLE_BUILD_SESSION_PROFILE_H
#define SAMPLE_BUILD_SESSION_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sample/walk/sample.h"
#include "sample/walk/thread.h"

struct profile;
struct slow_requests;
struct stacks;

struct session_profile_source {
    enum session_kind kind;
    const struct stacks *stacks;
    const struct stacks *more;  /* or NULL */
    struct slow_requests *slow; /* tags are the labels of `stacks`, or NULL */
    int rate_hz;
    int64_t time_ns;           /* since 1970, when it began */
    int64_t duration_ns;       /* how long it took */
    uint64_t counts[N_COUNTS]; /* while it took */
};

/* Adds the stacks to a profile whose sample types are the count and the weight,
 * and sets its times and its period. Returns false and sets err if out of
 * memory. [any thread, collector_lock not held] */
bool session_profile_add(struct profile *profile,
                         const struct session_profile_source *source,
                         struct err *err);

#endif
