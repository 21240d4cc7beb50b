/* stacks.c -- tests of tables/stacks.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sample/tables/stacks.h"

static void equal_stacks_are_one_entry(void **state)
{
    (void)state;
    struct stacks *stacks = stacks_new(1 << 20);
    const uint32_t a[] = {1, 2, 3}, b[] = {1, 2};
    stacks_add(stacks, a, 3, 0, 1, 10);
    stacks_add(stacks, b, 2, 0, 1, 20);
    stacks_add(stacks, a, 3, 0, 1, 30);
    stacks_add(stacks, a, 3, 7, 1, 40); /* other labels */
    assert_int_equal(stacks_n(stacks), 3);
    struct stack_entry first = stacks_get(stacks, 0);
    assert_int_equal(first.count, 2);
    assert_int_equal(first.weight, 40);
    assert_memory_equal(first.frames, a, sizeof a);
    assert_int_equal(stacks_get(stacks, 2).labels, 7);
    assert_int_equal(stacks_overflow(stacks).count, 0);
    stacks_free(stacks);
}

/* What has no stack is one of no frames, be there others or not. */
static void a_stack_may_be_empty(void **state)
{
    (void)state;
    struct stacks *stacks = stacks_new(1 << 20);
    const uint32_t a[] = {1};
    stacks_add(stacks, NULL, 0, 0, 1, 10);
    stacks_add(stacks, NULL, 0, 0, 1, 20);
    stacks_add(stacks, a, 1, 0, 1, 30);
    stacks_add(stacks, NULL, 0, 0, 1, 40);
    assert_int_equal(stacks_n(stacks), 2);
    assert_int_equal(stacks_get(stacks, 0).n_frames, 0);
    assert_int_equal(stacks_get(stacks, 0).weight, 70);
    stacks_free(stacks);
}

/* Nothing is lost when the limit is met: it goes to the overflow. */
static void totals_hold_beyond_the_limit(void **state)
{
    (void)state;
    enum { N = 50000 };
    struct stacks *stacks = stacks_new(64 * 1024);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t frames[] = {i, i + 1, i + 2, i + 3};
        stacks_add(stacks, frames, 4, 0, 1, 5);
    }
    struct stack_entry overflow = stacks_overflow(stacks);
    int64_t count = overflow.count, weight = overflow.weight;
    assert_true(overflow.count > 0);
    for (uint32_t i = 0; i < stacks_n(stacks); i++) {
        count += stacks_get(stacks, i).count;
        weight += stacks_get(stacks, i).weight;
    }
    assert_int_equal(count, N);
    assert_int_equal(weight, N * 5);
    stacks_free(stacks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_are_one_entry),
        cmocka_unit_test(a_stack_may_be_empty),
        cmocka_unit_test(totals_hold_beyond_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
