/* stack_samples.h -- adds stacks, with their labels and values, to a profile.
 *
 * The builders of all kinds of profile use it.
 *
 * Path: session_profile.c, heap_profile.c, tally_profile.c -> [stack_samples]
 *       -> locations.c, profile/profile.c
 */
#ifndef SAMPLE_BUILD_STACK_SAMPLES_H
#define SAMPLE_BUILD_STACK_SAMPLES_H

#include <stdint.h>

struct locations;
struct profile;
struct profile_label;

struct stack_sample {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;      /* 0: added as the single frame [overflow] */
    const char *root;       /* a remark (locations_note) as the outermost frame,
                               or NULL */
    uint32_t labels;        /* an id of labels.h */
    const struct profile_label *extra; /* one more label, or NULL */
    const int64_t *values;             /* one per sample type */
};

/* Adds one stack. If out of memory, profile_failed(profile) becomes true. No
 * lock may be held (locations_get). */
void stack_samples_add(struct profile *profile, struct locations *locations,
                       const struct stack_sample *sample);

#endif
