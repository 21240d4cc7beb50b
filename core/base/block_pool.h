/* block_pool.h -- small blocks of memory for one owner, on one thread at a
 * time.
 *
 * A block that is given back waits in a list of its size for the next one who
 * takes such: a few instructions each way. malloc and free take about 110
 * together when blocks are freed in waves, as a garbage collector does it,
 * which is more than their caches hold. What waits is bounded, the rest goes
 * back to malloc. Whoever gives a block back tells its size, so there is no
 * header. It is the C library's malloc (libc_malloc.h): the owner counts.
 *
 * Path: sample/vm_heap.c -> [block_pool]
 */
#ifndef BASE_BLOCK_POOL_H
#define BASE_BLOCK_POOL_H

#include <stddef.h>

#include "base/libc_malloc.h"

/* The largest block. */
#define BLOCK_POOL_MAX_BYTES ((size_t)256)
/* Sizes are rounded up to multiples of it. */
#define BLOCK_POOL_STEP ((size_t)16)
/* Bytes that wait at most. */
#define BLOCK_POOL_LIMIT_BYTES ((size_t)1 << 20)

struct block_pool {
    void *waiting[BLOCK_POOL_MAX_BYTES / BLOCK_POOL_STEP + 1]; /* by size */
    size_t waiting_bytes;
};

#define BLOCK_POOL_INIT ((struct block_pool){0})

/* Free the blocks that wait. */
void block_pool_fini(struct block_pool *pool);

static inline size_t block_pool_class(size_t size)
{
    return (size + BLOCK_POOL_STEP - 1) / BLOCK_POOL_STEP;
}

/* `size` from 1 to BLOCK_POOL_MAX_BYTES; aligned as malloc does. NULL when out
 * of memory. */
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

/* `size` as it was taken. */
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
