#include "base/block_pool.h"

void block_pool_fini(struct block_pool *pool)
{
    for (size_t i = 0; i < sizeof pool->waiting / sizeof *pool->waiting; i++) {
        while (pool->waiting[i]) {
            void *block = pool->waiting[i];
            pool->waiting[i] = *(void **)block;
            libc_free(block);
        }
    }
    *pool = BLOCK_POOL_INIT;
}
