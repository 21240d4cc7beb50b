/* stacks.h -- counts and weighs samples per stack.
 *
 * Samples with equal stacks and equal labels share one entry. The memory is
 * bounded: samples whose stack finds no room are summed up in one overflow
 * entry, which profiles show as the stack `[overflow]`, so that totals stay
 * right. A session has one of these tables (session.c), and so has each profile
 * that lasts as long as the process (heap.c, tally.c).
 *
 *   entries: count, weight, labels, offset -+
 *   frames:  | 7 3 1 | 9 3 1 | 12 9 3 1 |  <-+  all frames, entry after entry
 *   index:   hash of frames and labels -> position of the entry
 *
 * A table has no lock: the caller's lock guards it.
 *
 * Path: session.c, heap.c, tally.c -> [stacks] -> stack_samples.c
 */
#ifndef SAMPLE_TABLES_STACKS_H
#define SAMPLE_TABLES_STACKS_H

#include <stddef.h>
#include <stdint.h>

struct stacks;

struct stack_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels; /* an id of labels.h, or what the caller passed */
    int64_t count;
    int64_t weight; /* nanoseconds or whatever the caller adds up */
};

/* Makes a table that holds at most `limit_bytes`. Returns NULL if out of
 * memory. The caller frees it with stacks_free, which accepts NULL. */
struct stacks *stacks_new(size_t limit_bytes);
void stacks_free(struct stacks *stacks);

/* Adds `count` samples that weigh `weight` together. Returns the position of
 * their entry, which never changes, or STACKS_OVERFLOW if the entry found no
 * room. */
#define STACKS_OVERFLOW UINT32_MAX
uint32_t stacks_add(struct stacks *stacks, const uint32_t *frames,
                    uint32_t n_frames, uint32_t labels, int64_t count,
                    int64_t weight);

/* Returns the number of entries, without the overflow entry. */
uint32_t stacks_n(const struct stacks *stacks);

/* Returns entry `i`; entries are in the order in which they were first added.
 * `frames` is valid until the next stacks_add. */
struct stack_entry stacks_get(const struct stacks *stacks, uint32_t i);

/* Returns the count and weight of the samples that found no room. */
struct stack_entry stacks_overflow(const struct stacks *stacks);

#endif
