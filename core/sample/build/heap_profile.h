/* heap_profile.h -- the heap profile, of all that was recorded so far.
 *
 * Path: heap.c -> [heap_profile] -> profile/profile.c
 */
#ifndef SAMPLE_BUILD_HEAP_PROFILE_H
#define SAMPLE_BUILD_HEAP_PROFILE_H

#include <stdint.h>

#include "base/err.h"

struct heap_snapshot;
struct profile;

struct heap_profile_source {
    const struct heap_snapshot *end;
    /* For a delta: what was allocated since, and what is live at the end.
     * NULL: since the program's start. */
    const struct heap_snapshot *start;
    int64_t time_ns;                 /* since 1970, when it began */
    int64_t duration_ns;             /* of a delta; 0 */
    const char *default_sample_type; /* or NULL */
};

/* NULL and err when out of memory. [any thread, no lock held] */
struct profile *heap_profile_build(const struct heap_profile_source *source,
                                   struct err *err);

#endif
