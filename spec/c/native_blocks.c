/* native_blocks.c -- tests of tables/native_blocks.h: what came in, and nothing
 * else, comes out again, whatever else came and went. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sample/tables/native_blocks.h"

enum { N = 20000, ROUNDS = 400000 };

/* Never looked at. */
static void *address_of(uint32_t i) { return (void *)(uintptr_t)(16 + 16 * i); }

static struct native_block block_of(uint32_t i)
{
    return (struct native_block){address_of(i), 1000 + i, i};
}

static void assert_removed(uint32_t i)
{
    struct native_block found;
    assert_true(native_blocks_may_have(address_of(i)));
    assert_true(native_blocks_remove(address_of(i), &found));
    assert_int_equal(1000 + i, found.size);
    assert_int_equal(i, found.position);
}

static void keeps_what_is_there(void **state)
{
    (void)state;
    static bool is_in[N];
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525 + 1013904223;
        uint32_t i = (random >> 8) % N;
        struct native_block block = block_of(i), found;
        if (is_in[i])
            assert_removed(i);
        else
            assert_false(native_blocks_remove(address_of(i), &found));
        is_in[i] = !is_in[i];
        if (is_in[i])
            assert_true(native_blocks_add(&block));
    }
    for (uint32_t i = 0; i < N; i++)
        if (is_in[i])
            assert_removed(i);
}

/* Nearly every block is told from a sampled one by the filter alone. */
static void filters(void **state)
{
    (void)state;
    int n_maybe = 0;
    for (uint32_t i = 0; i < 100; i++) {
        struct native_block block = block_of(i);
        assert_true(native_blocks_add(&block));
    }
    for (uint32_t i = 100; i < 10100; i++)
        n_maybe += native_blocks_may_have(address_of(i));
    assert_true(n_maybe < 200); /* 100 in 16384: 61 are expected */
    for (uint32_t i = 0; i < 100; i++)
        assert_removed(i);
    for (uint32_t i = 0; i < 10100; i++)
        assert_false(native_blocks_may_have(address_of(i)));
}

/* A counter that was full stays so, and says maybe for ever. */
static void counters_saturate(void **state)
{
    (void)state;
    enum { MANY = 300 };
    uint32_t same[MANY], n = 0;
    const _Atomic uint8_t *counter = native_blocks_counter(address_of(0));
    for (uint32_t i = 0; n < MANY; i++)
        if (native_blocks_counter(address_of(i)) == counter)
            same[n++] = i;
    for (n = 0; n < MANY; n++) {
        struct native_block block = block_of(same[n]);
        assert_true(native_blocks_add(&block));
    }
    for (n = 0; n < MANY; n++)
        assert_removed(same[n]);
    struct native_block found;
    assert_true(native_blocks_may_have(address_of(0)));
    assert_false(native_blocks_remove(address_of(0), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters),
        cmocka_unit_test(keeps_what_is_there),
        cmocka_unit_test(counters_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
