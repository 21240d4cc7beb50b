/* heap_profile.h -- adds the memory that was recorded to a profile.
 *
 * Path: tables/heap.c -> [heap_profile] -> profile/profile.c
 */
#ifndef SAMPLE_BUILD_HEAP_PROFILE_H
#define SAMPLE_BUILD_HEAP_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct heap_snapshot;
struct profile;

/* Adds to a profile whose sample types are objects and bytes allocated, then
 * objects and bytes in use. With a `start`, which may be NULL, only what was
 * allocated since then; in use is always the state of `end`. Returns false and
 * sets err if out of memory. [any thread, no lock held] */
bool heap_profile_add(struct profile *profile, const struct heap_snapshot *end,
                      const struct heap_snapshot *start, struct err *err);

#endif
