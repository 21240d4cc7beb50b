#include "sample/build/tally_profile.h"

#include "profile/profile.h"
#include "sample/build/locations.h"
#include "sample/build/stack_samples.h"
#include "sample/tables/tally.h"

static void add_tally_entry(struct profile *p, struct locations *locations,
                            const struct tally_entry *end,
                            const struct tally_entry *start)
{
    const int64_t values[] = {end->count - start->count,
                              end->weight - start->weight};
    if (values[0] == 0)
        return;
    const struct stack_sample sample = {.frames = end->frames,
                                        .n_frames = end->n_frames,
                                        .labels = end->labels,
                                        .values = values};
    stack_samples_add(p, locations, &sample);
}

bool tally_profile_add(struct profile *p, const struct tally_snapshot *end,
                       const struct tally_snapshot *start, struct err *err)
{
    static const struct tally_entry none;
    struct locations *locations = locations_new(p);
    for (uint32_t i = 0; locations && i < end->n; i++)
        add_tally_entry(p, locations, &end->entries[i],
                        start && i < start->n ? &start->entries[i] : &none);
    if (locations)
        add_tally_entry(p, locations, &end->overflow,
                        start ? &start->overflow : &none);
    return locations_finish(locations, err);
}
