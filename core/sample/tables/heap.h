/* heap.h -- which stacks allocated memory, and what of it is still there.
 *
 * Allocators sample by bytes: the gaps between sampled bytes are exponential
 * with a mean of heap_rate(), so that a block of n bytes is sampled with
 * probability p = 1 - e^(-n/mean), and then stands for 1/p blocks (the
 * estimator of Go's runtime/pprof, scaleHeapSample). The sums are unbiased,
 * and what a block added when it came is what it takes away when it goes.
 *
 * Path: vm_heap.c, native_heap.c -> [heap] -> heap_profile.c
 */
#ifndef SAMPLE_TABLES_HEAP_H
#define SAMPLE_TABLES_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The mean gap in bytes; 0: nothing is sampled. Set before the first state is
 * made, 512 KiB if never. */
#define HEAP_RATE_DEFAULT ((size_t)512 * 1024)
void heap_set_rate(size_t mean_bytes);
size_t heap_rate(void);

/* Bytes until the next sample. `random` is a state of base/random.h. */
int64_t heap_next_gap(uint64_t *random);

/* Records a sampled block of `size` bytes, allocated at this stack of ids of
 * frames.h, leaf first, by what has these labels; NULL for `frames` means that
 * the stack is not known. `type` is the kind of a Lua state's block
 * (vm_heap_type.h), or HEAP_NATIVE for a block of malloc. Returns the position
 * that heap_remove takes when the block is freed. [any thread, not in a
 * handler] */
#define HEAP_NATIVE NULL
uint32_t heap_add(const uint32_t *frames, unsigned n_frames, uint32_t labels,
                  const char *type, size_t size);
void heap_remove(uint32_t position, size_t size);

/* Cumulative since the start, of one stack with its labels, and of blocks of
 * about one size. */
struct heap_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels;
    size_t block_bytes; /* none is larger; 4/5 of it or more, from 5 bytes on */
    int64_t alloc_objects, alloc_bytes, live_objects, live_bytes;
};

/* Their number. [any thread] */
uint32_t heap_n_entries(void);

/* All entries as they are now. An entry keeps its place in later snapshots;
 * those that found no room are summed up in `overflow`. */
struct heap_snapshot {
    uint32_t n;
    struct heap_entry overflow;
    struct heap_entry entries[];
};

/* NULL when out of memory. Freed with free(). [any thread] */
struct heap_snapshot *heap_snapshot_take(void);

#endif
