/* contention.c -- tests of hooks/contention.c: what is left out is made up
 * for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sample/hooks/contention.h"
#include "sample/platform/quiet.h"

enum { N = 20000 };

/* Count and weight of all that the tally has. */
static struct tally_entry sum(struct tally *tally)
{
    struct tally_snapshot *snapshot = tally_snapshot_take(tally);
    assert_non_null(snapshot);
    struct tally_entry all = snapshot->overflow;
    for (uint32_t i = 0; i < snapshot->n; i++) {
        all.count += snapshot->entries[i].count;
        all.weight += snapshot->entries[i].weight;
    }
    free(snapshot);
    return all;
}

static int clear(void **state)
{
    (void)state;
    tally_fini(&contention_block_tally);
    tally_fini(&contention_mutex_tally);
    contention_set_block_rate(CONTENTION_BLOCK_RATE_NS);
    contention_set_mutex_fraction(CONTENTION_MUTEX_FRACTION);
    return 0;
}

/* N events, each kept with probability p and counted 1/p: the standard error
 * of the sum is sqrt((1 - p) / (N p)) of it. Five of these. */
static void assert_near(int64_t actual, double expected, double variance)
{
    double off = (double)actual / expected - 1;
    assert_true(off * off < 25 * variance / N);
}

static void short_waits_are_made_up_for(void **state)
{
    (void)state;
    contention_set_block_rate(1000);
    for (int i = 0; i < N; i++)
        contention_waited(300);
    struct tally_entry all = sum(&contention_block_tally);
    assert_near(all.weight, N * 300.0, 0.7 / 0.3);
    assert_near(all.count, N, 0.71 / 0.3); /* rounded to 3 or 4 */
}

static void long_waits_are_exact(void **state)
{
    (void)state;
    contention_set_block_rate(1000);
    for (int i = 0; i < 100; i++)
        contention_waited(1000 + i);
    struct tally_entry all = sum(&contention_block_tally);
    assert_int_equal(all.count, 100);
    assert_int_equal(all.weight, 100 * 1000 + 4950);
}

static void one_unlock_in_so_many_stands_for_all(void **state)
{
    (void)state;
    contention_set_mutex_fraction(10);
    for (int i = 0; i < N; i++)
        contention_held(50);
    struct tally_entry all = sum(&contention_mutex_tally);
    assert_near(all.count, N, 0.9 / 0.1);
    assert_int_equal(all.weight, all.count * 50);
}

static void native_waits_are_made_up_for(void **state)
{
    (void)state;
    contention_set_block_rate(10); /* recorded as if it were 1000 */
    for (int i = 0; i < N; i++)
        contention_native_waited(300);
    struct tally_entry all = sum(&contention_block_tally);
    assert_near(all.weight, N * 300.0, 0.7 / 0.3);
    assert_near(all.count, N, 0.71 / 0.3);
}

static void native_unlocks_are_made_up_for(void **state)
{
    (void)state;
    contention_set_mutex_fraction(2);
    for (int i = 0; i < N; i++)
        contention_native_held(250000); /* a quarter of a millisecond */
    struct tally_entry all = sum(&contention_mutex_tally);
    assert_near(all.weight, N * 250000.0, 0.875 / 0.125);
    assert_near(all.count, N, 0.875 / 0.125);
}

static void native_waits_are_passed_over_while_quiet(void **state)
{
    (void)state;
    quiet_enter();
    contention_native_waited(1000000000);
    contention_native_held(1000000000);
    quiet_leave();
    assert_int_equal(sum(&contention_block_tally).count, 0);
    assert_int_equal(sum(&contention_mutex_tally).count, 0);
}

static void the_finest_wish_holds(void **state)
{
    (void)state;
    struct contention_wish coarse = {.block_rate_ns = 1000000},
                           fine = {.block_rate_ns = 1, .mutex_fraction = 1};
    contention_set_block_rate(0);
    contention_set_mutex_fraction(0);
    contention_waited(100);
    contention_held(100);
    contention_want(&coarse);
    contention_want(&fine);
    contention_waited(100);
    contention_held(100);
    contention_unwant(&coarse);
    contention_waited(100);
    contention_unwant(&fine);
    contention_waited(100);
    contention_held(100);
    assert_int_equal(sum(&contention_block_tally).weight, 200);
    assert_int_equal(sum(&contention_mutex_tally).weight, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(short_waits_are_made_up_for, clear),
        cmocka_unit_test_setup(long_waits_are_exact, clear),
        cmocka_unit_test_setup(one_unlock_in_so_many_stands_for_all, clear),
        cmocka_unit_test_setup(native_waits_are_made_up_for, clear),
        cmocka_unit_test_setup(native_unlocks_are_made_up_for, clear),
        cmocka_unit_test_setup(native_waits_are_passed_over_while_quiet, clear),
        cmocka_unit_test_setup(the_finest_wish_holds, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
