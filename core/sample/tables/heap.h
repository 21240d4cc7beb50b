/* heap.h -- counts, per stack, the memory that was allocated and the memory
 * that is still live.
 *
 * Allocators sample by bytes. The distances between sampled bytes are
 * exponential with the mean heap_rate(), so a block of n bytes is sampled with
 * probability p = 1 - e^(-n/mean), and a sampled block counts as 1/p blocks
 * (the estimator of Go's runtime/pprof, scaleHeapSample). So the sums are
 * unbiased. A sampled block subtracts exactly the same numbers when it is
 * freed.
 *
 * The table takes 32 MiB at most (stacks.h); blocks of further stacks count in
 * the overflow entry.
 *
 *   alloc: 1/p blocks, n/p bytes   added by heap_add, never subtracted
 *   live:  the same numbers        added by heap_add, subtracted by heap_remove
 *
 * Path: vm_heap.c, native_heap.c -> [heap] -> heap_profile.c
 */
#ifndef SAMPLE_TABLES_HEAP_H
#define SAMPLE_TABLES_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The mean distance between sampled bytes, in bytes; 0: nothing is sampled.
 * heap_set_rate is called before the first Lua state is made and before
 * sampler_init. */
#define HEAP_RATE_DEFAULT ((size_t)512 * 1024)
void heap_set_rate(size_t mean_bytes);
size_t heap_rate(void);

/* Returns the number of bytes to the next sampled byte, INT64_MAX if nothing is
 * sampled. `random` is a state of base/random.h that the caller owns.
 * [any thread] */
int64_t heap_next_gap(uint64_t *random);

/* Records a sampled block of `size` bytes, allocated at this stack of ids of
 * frames.h, leaf first, by code with these labels. NULL for `frames` means that
 * the stack is not known: the block counts in the overflow entry. `type` is the
 * kind of a Lua state's block (vm_heap_type.h), or HEAP_NATIVE for a block of
 * malloc. A block of a thread in a stretch of own_work.h counts as the
 * profiler's. Returns the position that heap_remove takes when the block is
 * freed. [any thread, not in a handler] */
#define HEAP_NATIVE NULL
uint32_t heap_add(const uint32_t *frames, unsigned n_frames, uint32_t labels,
                  const char *type, size_t size);

/* Records that a sampled block was freed. `position` and `size` are those of
 * its heap_add. Does nothing in a forked child. [any thread, not in a handler]
 */
void heap_remove(uint32_t position, size_t size);

/* The sums since the program's start for one stack, one set of labels and one
 * class of block sizes. */
struct heap_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels;
    bool is_own;        /* blocks of the profiler itself (own_work.h) */
    size_t block_bytes; /* the largest size of the class; from 5 bytes on the
                           smallest is at least 4/5 of it */
    int64_t alloc_objects, alloc_bytes, live_objects, live_bytes;
};

/* Returns the number of entries without those of the profiler itself. [any
 * thread, not in a handler] */
uint32_t heap_n_entries(void);

/* A copy of all entries. An entry has the same position in each later snapshot.
 * Blocks whose stack is not known, or found no room, are in `overflow`. */
struct heap_snapshot {
    uint32_t n;
    struct heap_entry overflow;
    struct heap_entry entries[];
};

/* Returns NULL if out of memory. The caller frees the snapshot with free().
 * [any thread, not in a handler] */
struct heap_snapshot *heap_snapshot_take(void);

#endif
