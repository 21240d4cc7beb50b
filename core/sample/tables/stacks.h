/* stacks.h -- the samples of a session, or of a profile that goes on for ever:
 * equal stacks with equal labels are one entry with a count and a sum. Bounded:
 * what no longer fits goes to one entry, the stack `[overflow]`, so that totals
 * stay right.
 */
#ifndef SAMPLE_TABLES_STACKS_H
#define SAMPLE_TABLES_STACKS_H

#include <stddef.h>
#include <stdint.h>

struct stacks;

struct stack_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels;
    int64_t count;
    int64_t weight;
};

/* At most `limit_bytes` are held. NULL when out of memory. */
struct stacks *stacks_new(size_t limit_bytes);
void stacks_free(struct stacks *stacks);

/* Count `count` more, weighing `weight` together. Returns its position, for
 * stacks_get, which never changes; STACKS_OVERFLOW when it did not fit. */
#define STACKS_OVERFLOW UINT32_MAX
uint32_t stacks_add(struct stacks *stacks, const uint32_t *frames,
                    uint32_t n_frames, uint32_t labels, int64_t count,
                    int64_t weight);

/* The entries, in the order in which they were first seen. `frames` is good
 * until the next add. What overflowed is not among them. */
uint32_t stacks_n(const struct stacks *stacks);
struct stack_entry stacks_get(const struct stacks *stacks, uint32_t i);

/* What did not fit: count and weight. */
struct stack_entry stacks_overflow(const struct stacks *stacks);

#endif
