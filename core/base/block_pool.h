/* block_pool.h -- small blocks of memory for one owner, on one thread at a
 * time.
 *
 * A block that is given back waits in a list of its size for the next one who
 * takes such: a few instructions each way. malloc and free take about 110
 * together when blocks are freed in waves, as a garbage collector does it,
 * which is more than their caches hold. Whoever gives a block back tells its
 * size, so there is no header. The memory goes back to malloc when the pool
 * ends, not before.
 *
 * Path: sample/vm_heap.c -> [block_pool]
 */
#ifndef BASE_BLOCK_POOL_H
#define BASE_BLOCK_POOL_H

#include <stddef.h>

/* The largest block. */
#define BLOCK_POOL_MAX_BYTES ((size_t)256)
/* Sizes are rounded up to multiples of it, and so are addresses. */
#define BLOCK_POOL_STEP ((size_t)16)

struct block_pool {
    void *waiting[BLOCK_POOL_MAX_BYTES / BLOCK_POOL_STEP + 1]; /* by size */
    struct block_chunk *chunks; /* all that malloc gave, the newest first */
    char *fresh;                /* what no block has had of the newest */
    size_t fresh_bytes;
};

#define BLOCK_POOL_INIT ((struct block_pool){0})

/* Free all blocks. */
void block_pool_fini(struct block_pool *pool);

/* For block_pool_take: a block that none has had. */
void *block_pool_take_fresh(struct block_pool *pool, size_t size);

static inline size_t block_pool_class(size_t size)
{
    return (size + BLOCK_POOL_STEP - 1) / BLOCK_POOL_STEP;
}

/* `size` from 1 to BLOCK_POOL_MAX_BYTES. NULL when out of memory. */
static inline void *block_pool_take(struct block_pool *pool, size_t size)
{
    void **waiting = &pool->waiting[block_pool_class(size)];
    void *block = *waiting;
    if (!block)
        return block_pool_take_fresh(pool, size);
    *waiting = *(void **)block;
    return block;
}

/* `size` as it was taken. */
static inline void block_pool_give(struct block_pool *pool, void *block,
                                   size_t size)
{
    void **waiting = &pool->waiting[block_pool_class(size)];
    *(void **)block = *waiting;
    *waiting = block;
}

#endif
