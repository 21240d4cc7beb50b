#include "base/block_pool.h"

#include <stdbool.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)32 << 10)

struct block_chunk {
    _Alignas(16) struct block_chunk *next;
};

void block_pool_fini(struct block_pool *pool)
{
    while (pool->chunks) {
        struct block_chunk *chunk = pool->chunks;
        pool->chunks = chunk->next;
        free(chunk);
    }
    *pool = BLOCK_POOL_INIT;
}

/* What is left of the newest chunk serves as one smaller block. */
static bool add_chunk(struct block_pool *pool)
{
    struct block_chunk *chunk = malloc(CHUNK_BYTES);
    if (!chunk)
        return false;
    if (pool->fresh_bytes > 0)
        block_pool_give(pool, pool->fresh, pool->fresh_bytes);
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    pool->fresh = (char *)(chunk + 1);
    pool->fresh_bytes = CHUNK_BYTES - sizeof *chunk;
    return true;
}

void *block_pool_take_fresh(struct block_pool *pool, size_t size)
{
    size_t bytes = block_pool_class(size) * BLOCK_POOL_STEP;
    if (pool->fresh_bytes < bytes && !add_chunk(pool))
        return NULL;
    void *block = pool->fresh;
    pool->fresh += bytes;
    pool->fresh_bytes -= bytes;
    return block;
}
