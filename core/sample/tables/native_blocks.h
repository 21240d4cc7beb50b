/* native_blocks.h -- knows which blocks of malloc are sampled.
 *
 * `free` is called for every block and must recognize the few sampled ones. A
 * filter of small counters, indexed by a hash of the address, answers nearly
 * always with one load. If the filter says "maybe", a hash table has the
 * answer.
 *
 *   address -> hash -> filter[14 bits]: 0, definitely not sampled
 *                                       n, look the address up in the table
 *
 * The table's memory comes from the C library's own malloc (libc_malloc.h), so
 * that growing it does not call our malloc.
 *
 * Path: native_heap.c -> [native_blocks]
 */
#ifndef SAMPLE_TABLES_NATIVE_BLOCKS_H
#define SAMPLE_TABLES_NATIVE_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NATIVE_BLOCKS_FILTER_BITS = 14 };

struct native_block {
    void *address;
    size_t size;       /* in bytes, as malloc was asked for */
    uint32_t position; /* what heap_add returned */
};

/* The number of sampled blocks per hash. A counter that reaches 255 stays
 * there. Readable without a lock: handing the pointer from the allocating
 * thread to the freeing thread already orders the two accesses. */
extern _Atomic uint8_t native_blocks_filter[1 << NATIVE_BLOCKS_FILTER_BITS];

static inline uint64_t native_blocks_hash(const void *address)
{
    return ((uint64_t)(uintptr_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Returns the address's counter in the filter. */
static inline _Atomic uint8_t *native_blocks_counter(const void *address)
{
    return &native_blocks_filter[native_blocks_hash(address) >>
                                 (64 - NATIVE_BLOCKS_FILTER_BITS)];
}

/* Returns false if the block is definitely not sampled. NULL is never sampled
 * but can be a false positive. [any thread] */
static inline bool native_blocks_may_have(const void *address)
{
    return atomic_load_explicit(native_blocks_counter(address),
                                memory_order_relaxed) > 0;
}

/* Adds a sampled block. Returns false if out of memory. [any thread, not in a
 * handler] */
bool native_blocks_add(const struct native_block *block);

/* Removes the block at this address and fills in `block`. Returns false if no
 * sampled block is there. Called before the block is freed, because another
 * thread may get its address right after. [any thread, not in a handler] */
bool native_blocks_remove(const void *address, struct native_block *block);

#endif
