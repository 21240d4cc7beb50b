#include "sample/build/heap_profile.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"
#include "sample/tables/heap.h"
#include "sample/build/locations.h"
#include "sample/build/stack_samples.h"

static uint32_t string(struct profile *p, const char *s)
{
    return profile_string(p, s, strlen(s));
}

static void add_entry(struct profile *p, struct locations *locations,
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
        .key = string(p, "bytes"),
        .num = (int64_t)end->block_bytes,
        .num_unit = string(p, "bytes"),
    };
    const struct stack_sample sample = {.frames = end->frames,
                                        .n_frames = end->n_frames,
                                        .labels = end->labels,
                                        .extra =
                                            end->block_bytes ? &size : NULL,
                                        .values = values};
    stack_samples_add(p, locations, &sample);
}

static void add_entries(struct profile *p, struct locations *locations,
                        const struct heap_profile_source *source)
{
    static const struct heap_entry none;
    const struct heap_snapshot *start = source->start;
    for (uint32_t i = 0; i < source->end->n; i++)
        add_entry(p, locations, &source->end->entries[i],
                  start && i < start->n ? &start->entries[i] : &none);
    add_entry(p, locations, &source->end->overflow,
              start ? &start->overflow : &none);
}

static void fill_header(struct profile *p,
                        const struct heap_profile_source *source)
{
    struct profile_header *header = profile_header(p);
    header->time_ns = source->time_ns;
    header->duration_ns = source->duration_ns;
    header->period_type =
        (struct profile_value_type){string(p, "space"), string(p, "bytes")};
    header->period = (int64_t)heap_rate();
    if (source->default_sample_type)
        header->default_sample_type = string(p, source->default_sample_type);
}

struct profile *heap_profile_build(const struct heap_profile_source *source,
                                   struct err *err)
{
    struct profile *p = profile_new();
    struct locations *locations = p ? locations_new(p) : NULL;
    if (locations) {
        profile_add_sample_type(p, "alloc_objects", "count");
        profile_add_sample_type(p, "alloc_space", "bytes");
        profile_add_sample_type(p, "inuse_objects", "count");
        profile_add_sample_type(p, "inuse_space", "bytes");
        fill_header(p, source);
        add_entries(p, locations, source);
    }
    bool failed = !locations || profile_failed(p);
    locations_free(locations);
    if (!failed)
        return p;
    profile_free(p);
    err_set(err, "out of memory for a profile");
    return NULL;
}
