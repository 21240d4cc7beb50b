#include "sample/build/stack_samples.h"

#include "profile/profile.h"
#include "sample/tables/labels.h"
#include "sample/build/locations.h"
#include "sample/walk/stitch.h"

/* A label set has at most 16 labels (labels.h), and one more may be added. */
enum { MAX_LABELS = 17 };

static uint32_t put_labels(struct profile *p, const struct stack_sample *sample,
                           struct profile_label *out)
{
    unsigned n;
    const struct label *set = labels_get(sample->labels, &n);
    for (unsigned i = 0; i < n; i++)
        out[i] = (struct profile_label){.key = profile_text(p, set[i].key),
                                        .str = profile_text(p, set[i].value)};
    if (sample->extra)
        out[n++] = *sample->extra;
    return n;
}

void stack_samples_add(struct profile *p, struct locations *locations,
                       const struct stack_sample *sample)
{
    uint32_t ids[STITCH_MAX + 1];
    struct profile_label labels[MAX_LABELS];
    uint32_t n = sample->n_frames;
    for (uint32_t i = 0; i < n; i++)
        ids[i] = locations_get(locations, sample->frames[i]);
    if (sample->root)
        ids[n++] = locations_note(locations, sample->root);
    if (n == 0)
        ids[n++] = locations_note(locations, "[overflow]");
    struct profile_sample added = {
        .locations = ids,
        .n_locations = n,
        .labels = labels,
        .n_labels = put_labels(p, sample, labels),
        .values = sample->values,
    };
    profile_add_sample(p, &added);
}
