#include "sample/build/heap_profile.h"

#include "profile/profile.h"
#include "sample/tables/heap.h"
#include "sample/build/locations.h"
#include "sample/build/stack_samples.h"

/* The frame at the root of the stacks of the profiler's own blocks. */
static const char PROFILER[] = "(profiler)";

static void add_heap_entry(struct profile *p, struct locations *locations,
                           const struct heap_entry *end,
                           const struct heap_entry *start)
{
    const int64_t values[] = {
        end->alloc_objects - start->alloc_objects,
        end->alloc_bytes - start->alloc_bytes,
        end->live_objects,
        end->live_bytes,
    };
    if (values[1] == 0 && values[3] == 0)
        return;
    const struct profile_label size = {
        .key = profile_text(p, "bytes"),
        .num = (int64_t)end->block_bytes,
        .num_unit = profile_text(p, "bytes"),
    };
    const struct stack_sample sample = {.frames = end->frames,
                                        .n_frames = end->n_frames,
                                        .labels = end->labels,
                                        .extra =
                                            end->block_bytes ? &size : NULL,
                                        .root = end->is_own ? PROFILER : NULL,
                                        .values = values};
    stack_samples_add(p, locations, &sample);
}

bool heap_profile_add(struct profile *p, const struct heap_snapshot *end,
                      const struct heap_snapshot *start, bool shows_own,
                      struct err *err)
{
    static const struct heap_entry none;
    struct locations *locations = locations_new(p);
    for (uint32_t i = 0; locations && i < end->n; i++)
        if (shows_own || !end->entries[i].is_own)
            add_heap_entry(p, locations, &end->entries[i],
                           start && i < start->n ? &start->entries[i] : &none);
    if (locations)
        add_heap_entry(p, locations, &end->overflow,
                       start ? &start->overflow : &none);
    return locations_finish(locations, err);
}
