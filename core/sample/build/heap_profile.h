/* heap_profile.h -- adds the entries of the heap table to a profile.
 *
 * heap.h has already scaled each sampled block up to the blocks that it stands
 * for, so the values are used as they are.
 *
 * Path: heap.c -> [heap_profile] -> stack_samples.c
 */
#ifndef SAMPLE_BUILD_HEAP_PROFILE_H
#define SAMPLE_BUILD_HEAP_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct heap_snapshot;
struct profile;

/* Adds to a profile whose sample types are objects and bytes allocated, then
 * objects and bytes in use. Allocations are counted since the snapshot `start`,
 * or since the process started if `start` is NULL; memory in use is as of
 * `end`. `shows_own`: with the profiler's own blocks, whose stacks begin with
 * the frame `(profiler)`. Returns false and sets err if out of memory. [any
 * thread, no lock held] */
bool heap_profile_add(struct profile *profile, const struct heap_snapshot *end,
                      const struct heap_snapshot *start, bool shows_own,
                      struct err *err);

#endif
