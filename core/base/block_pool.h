/* block_pool.h -- recycles small blocks of memory, for one Lua state.
 *
 * A block that is given back goes to the free list of its size, and the next
 * block of that size is taken from there. Both take a few instructions. malloc
 * and free take about 110 instructions together when many blocks are freed at
 * once, as a garbage collector does, because that is more than malloc's caches
 * hold. The free lists hold a bounded number of bytes; further blocks go back
 * to malloc. The caller knows the size of each block, so a block has no header.
 *
 *     waiting[1]  -> 16 bytes -> 16 bytes -> NULL
 *     waiting[2]  -> NULL
 *     waiting[3]  -> 48 bytes -> NULL
 *     ...
 *     waiting[16] -> 256 bytes -> NULL
 *
 * Blocks come from libc_malloc, which no heap profile sees: the caller counts
 * its own blocks. A pool has no lock and is used by one thread at a time.
 *
 * Path: sample/hooks/vm_heap.c -> [block_pool]
 */
#ifndef BASE_BLOCK_POOL_H
#define BASE_BLOCK_POOL_H

#include <stddef.h>

#include "base/libc_malloc.h"

/* The size of the largest block. */
#define BLOCK_POOL_MAX_BYTES ((size_t)256)
/* Sizes are rounded up to a multiple of this. */
#define BLOCK_POOL_STEP ((size_t)16)
/* When the free lists of a pool hold so many bytes together, they take no
 * further block. */
#define BLOCK_POOL_LIMIT_BYTES ((size_t)1 << 20)

struct block_pool {
    /* The free list of each size class. The first word of a free block points
     * to the next one. */
    void *waiting[BLOCK_POOL_MAX_BYTES / BLOCK_POOL_STEP + 1];
    size_t waiting_bytes; /* in all free lists */
};

#define BLOCK_POOL_INIT ((struct block_pool){0})

/* Frees the blocks of the free lists. The pool is empty and usable again. */
void block_pool_fini(struct block_pool *pool);

/* Returns the position of the free list for blocks of `size` bytes. */
static inline size_t block_pool_class(size_t size)
{
    return (size + BLOCK_POOL_STEP - 1) / BLOCK_POOL_STEP;
}

/* Returns a block of `size` bytes, from 1 to BLOCK_POOL_MAX_BYTES, aligned as
 * malloc aligns. Returns NULL if out of memory. The caller gives the block back
 * with block_pool_give. */
static inline void *block_pool_take(struct block_pool *pool, size_t size)
{
    size_t class = block_pool_class(size);
    void *block = pool->waiting[class];
    if (!block)
        return libc_malloc(class * BLOCK_POOL_STEP);
    pool->waiting[class] = *(void **)block;
    pool->waiting_bytes -= class * BLOCK_POOL_STEP;
    return block;
}

/* Gives back a block. `size` is the size with which the block was taken. */
static inline void block_pool_give(struct block_pool *pool, void *block,
                                   size_t size)
{
    size_t class = block_pool_class(size);
    if (pool->waiting_bytes >= BLOCK_POOL_LIMIT_BYTES) {
        libc_free(block);
        return;
    }
    *(void **)block = pool->waiting[class];
    pool->waiting[class] = block;
    pool->waiting_bytes += class * BLOCK_POOL_STEP;
}

#endif
