/* block_pool.c -- tests of base/block_pool.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
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
            assert_int_equal((uintptr_t)blocks[i] % BLOCK_POOL_STEP, 0);
            memset(blocks[i], i % 251, sizes[i]);
        }
        for (int i = 0; i < N; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(blocks[i][k], i % 251);
    }
    block_pool_fini(&pool);
}

static void a_block_is_used_again(void **state)
{
    (void)state;
    struct block_pool pool = BLOCK_POOL_INIT;
    void *first = block_pool_take(&pool, 17);
    void *second = block_pool_take(&pool, 17);
    block_pool_give(&pool, first, 17);
    assert_ptr_not_equal(block_pool_take(&pool, 16), first);
    assert_ptr_not_equal(block_pool_take(&pool, 33), first);
    assert_ptr_equal(block_pool_take(&pool, 32), first);
    assert_ptr_not_equal(block_pool_take(&pool, 32), second);
    block_pool_fini(&pool);
    assert_null(pool.chunks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(a_block_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
