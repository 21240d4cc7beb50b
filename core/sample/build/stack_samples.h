/* stack_samples.h -- adds stacks, with their labels and values, to a profile:
 * what the profiles of every kind have in common.
 */
#ifndef SAMPLE_BUILD_STACK_SAMPLES_H
#define SAMPLE_BUILD_STACK_SAMPLES_H

#include <stdint.h>

struct locations;
struct profile;
struct profile_label;

struct stack_sample {
    const uint32_t *frames; /* ids of frames.h, leaf first; none: [overflow] */
    uint32_t n_frames;
    uint32_t labels;                   /* id of a label set */
    const struct profile_label *extra; /* one more label, or NULL */
    const int64_t *values;             /* one per sample type */
};

/* Out of memory shows in profile_failed. */
void stack_samples_add(struct profile *profile, struct locations *locations,
                       const struct stack_sample *sample);

#endif
