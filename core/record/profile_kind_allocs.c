/* profile_kind_allocs.c -- the profile of profile_kind_heap.c with another
 * default sample type: all bytes that were allocated. */
#include "record/heap_recording.h"
#include "record/profile_kind.h"

const struct profile_kind profile_kind_allocs = {
    .name = "allocs",
    .endpoint = "allocs",
    .description = "Memory allocated since the start, sampled",
    .span = PROFILE_KIND_CUMULATIVE,
    .parameters = PROFILE_TAKES_PROFILER,
    .sample_types = HEAP_RECORDING_SAMPLE_TYPES,
    .period_type = HEAP_RECORDING_PERIOD_TYPE,
    .default_sample_type = "alloc_space",
    .shown_type = "alloc_space",
    .begin = heap_recording_begin,
    .build = heap_recording_build,
    .count = heap_recording_count,
    .discard = heap_recording_discard,
};
