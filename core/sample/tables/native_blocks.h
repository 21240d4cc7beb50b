/* native_blocks.h -- which blocks of malloc's are sampled ones.
 *
 * free must tell the few that are from all others. A filter of small counters,
 * by a hash of the address, answers nearly always with one load; where it says
 * maybe, a table knows. Its memory is the C library's own (libc_malloc.h), so
 * that it never comes back to malloc.
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
    size_t size;
    uint32_t position; /* of heap_add */
};

/* How many sampled blocks hash to each; 255 stands for ever. Read without a
 * lock: whoever frees a block has it from who allocated it, and with it what
 * was counted for it. */
extern _Atomic uint8_t native_blocks_filter[1 << NATIVE_BLOCKS_FILTER_BITS];

static inline uint64_t native_blocks_hash(const void *address)
{
    return ((uint64_t)(uintptr_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline _Atomic uint8_t *native_blocks_counter(const void *address)
{
    return &native_blocks_filter[native_blocks_hash(address) >>
                                 (64 - NATIVE_BLOCKS_FILTER_BITS)];
}

/* False: surely not. NULL is none, but may be taken for one. [any thread] */
static inline bool native_blocks_may_have(const void *address)
{
    return atomic_load_explicit(native_blocks_counter(address),
                                memory_order_relaxed) > 0;
}

/* False when out of memory. [any thread, not in a handler] */
bool native_blocks_add(const struct native_block *block);

/* Forget the block at this address, and tell what was known of it. False: there
 * is none. Before the block is freed: another thread may get its address then.
 * [any thread, not in a handler] */
bool native_blocks_remove(const void *address, struct native_block *block);

#endif
