/* index.c -- tests of base/index.c: an interning table over an array. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/index.h"

static bool equal(const void *ctx, const void *key, uint32_t position)
{
    const uint64_t *array = ctx;
    return array[position] == *(const uint64_t *)key;
}

static void finds_what_was_added(void **state)
{
    (void)state;
    static uint64_t array[10000];
    struct index x = INDEX_INIT;
    for (uint32_t i = 0; i < 10000; i++) {
        array[i] = i * 7919u;
        uint64_t hash = index_hash(&array[i], sizeof array[i], 0);
        assert_int_equal(index_find(&x, hash, equal, array, &array[i]),
                         INDEX_NONE);
        assert_true(index_add(&x, hash, i));
    }
    for (uint32_t i = 0; i < 10000; i++) {
        uint64_t hash = index_hash(&array[i], sizeof array[i], 0);
        assert_int_equal(index_find(&x, hash, equal, array, &array[i]), i);
    }
    index_fini(&x);
}

/* All hashes equal: only `equal` tells entries apart. */
static void survives_collisions(void **state)
{
    (void)state;
    uint64_t array[100];
    struct index x = INDEX_INIT;
    for (uint32_t i = 0; i < 100; i++) {
        array[i] = i;
        assert_true(index_add(&x, 42, i));
    }
    uint64_t absent = 100;
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(index_find(&x, 42, equal, array, &array[i]), i);
    assert_int_equal(index_find(&x, 42, equal, array, &absent), INDEX_NONE);
    index_fini(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(survives_collisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
