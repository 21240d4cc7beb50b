/* heap_recording.h -- a recording of memory. The kinds heap and allocs share
 * this recording; they differ only in the default sample type.
 *
 * A delta counts the blocks that were allocated within it, and the blocks that
 * are live at its end. Nothing in a delta is negative: the counts of
 * allocations never fall, and the memory in use is not subtracted (Go's deltas
 * subtract it).
 *
 * Path: profile_kind_heap.c, profile_kind_allocs.c -> [heap_recording] ->
 *       sample/build/heap_profile.c
 */
#ifndef RECORD_HEAP_RECORDING_H
#define RECORD_HEAP_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct profile;
struct recording;

/* .sample_types, .period_type of both kinds. */
#define HEAP_RECORDING_SAMPLE_TYPES                                            \
    {                                                                          \
        {"alloc_objects", "count"}, {"alloc_space", "bytes"},                  \
            {"inuse_objects", "count"},                                        \
        {                                                                      \
            "inuse_space", "bytes"                                             \
        }                                                                      \
    }
#define HEAP_RECORDING_PERIOD_TYPE                                             \
    {                                                                          \
        "space", "bytes"                                                       \
    }

/* The functions of struct profile_kind. `count` counts stacks. */
bool heap_recording_begin(struct recording *recording, struct err *err);
struct profile *heap_recording_build(struct recording *recording,
                                     struct err *err);
int64_t heap_recording_count(struct recording *recording);
void heap_recording_discard(struct recording *recording);

#endif
