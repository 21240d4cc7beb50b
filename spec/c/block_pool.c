/* block_pool.c -- tests of base/block_pool.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/block_pool.h"

enum { N = 3000 };

/* Blocks of every size, each filled with its own number, stay as they are
 * while others come and go. */
static void blocks_do_not_overlap(void **state)
{
    (void)state;
    struct block_pool pool = BLOCK_POOL_INIT;
    static unsigned char *blocks[N];
    static size_t sizes[N];
    for (int round = 0; round < 3; round++) {
        for (int i = round; i < N; i += 1 + round) {
            if (blocks[i])
                block_pool_give(&pool, blocks[i], sizes[i]);
            sizes[i] = 1 + (size_t)(i * 7 + round * 31) % BLOCK_POOL_MAX_BYTES;
            blocks[i] = block_pool_take(&pool, sizes[i]);
            assert_non_null(blocks[i]);
            assert_int_equal((uintptr_t)blocks[i] % 16, 0);
            memset(blocks[i], i % 251, sizes[i]);
        }
        for (int i = 0; i < N; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(blocks[i][k], i % 251);
    }
    for (int i = 0; i < N; i++)
        free(blocks[i]);
    block_pool_fini(&pool);
}

static void a_block_is_used_again(void **state)
{
    (void)state;
    struct block_pool pool = BLOCK_POOL_INIT;
    void *first = block_pool_take(&pool, 17);
    block_pool_give(&pool, first, 17);
    void *smaller = block_pool_take(&pool, 16);
    void *larger = block_pool_take(&pool, 33);
    assert_ptr_not_equal(smaller, first);
    assert_ptr_not_equal(larger, first);
    assert_ptr_equal(block_pool_take(&pool, 32), first);
    block_pool_give(&pool, first, 32);
    free(smaller);
    free(larger);
    block_pool_fini(&pool);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    struct block_pool pool = BLOCK_POOL_INIT;
    enum { MANY = 3 * BLOCK_POOL_LIMIT_BYTES / BLOCK_POOL_MAX_BYTES };
    static void *blocks[MANY];
    for (int i = 0; i < MANY; i++)
        blocks[i] = block_pool_take(&pool, BLOCK_POOL_MAX_BYTES);
    for (int i = 0; i < MANY; i++)
        block_pool_give(&pool, blocks[i], BLOCK_POOL_MAX_BYTES);
    assert_in_range(pool.waiting_bytes, BLOCK_POOL_LIMIT_BYTES,
                    BLOCK_POOL_LIMIT_BYTES + BLOCK_POOL_MAX_BYTES);
    block_pool_fini(&pool);
    assert_int_equal(pool.waiting_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(a_block_is_used_again),
        cmocka_unit_test(what_waits_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
