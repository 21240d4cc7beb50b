/* profile_kind_heap.c -- the memory that is in use, and all that was allocated
 * since the start, sampled by bytes (sample/tables/heap.h). */
#include "record/heap_recording.h"
#include "record/profile_kind.h"

const struct profile_kind profile_kind_heap = {
    .name = "heap",
    .endpoint = "heap",
    .description = "Memory of live objects, sampled",
    .span = PROFILE_KIND_CUMULATIVE,
    .parameters = PROFILE_TAKES_GC | PROFILE_TAKES_PROFILER,
    .sample_types = HEAP_RECORDING_SAMPLE_TYPES,
    .period_type = HEAP_RECORDING_PERIOD_TYPE,
    .shown_type = "inuse_space",
    .begin = heap_recording_begin,
    .build = heap_recording_build,
    .count = heap_recording_count,
    .discard = heap_recording_discard,
};
