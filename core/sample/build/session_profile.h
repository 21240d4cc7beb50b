/* session_profile.h -- turns a session's stacks into a profile: names, lines,
 * mappings, labels, and what was lost, in the comments.
 *
 * Path: session.c -> [session_profile] -> profile/profile.c
 */
#ifndef SAMPLE_BUILD_SESSION_PROFILE_H
#define SAMPLE_BUILD_SESSION_PROFILE_H

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

/* NULL and err when out of memory. [any thread, collector_lock not held] */
struct profile *
session_profile_build(const struct session_profile_source *source,
                      struct err *err);

#endif
