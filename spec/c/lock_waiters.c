/* lock_waiters.c -- tests of sample/lock_waiters.c: each part of a wait is
 * charged once, to who held the mutex then. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "base/clock.h"
#include "sample/lock_waiters.h"

enum { MS = 1000000 };

static pthread_mutex_t mutex, other;

/* To the millisecond that the machine may take away. */
static void assert_ms(int64_t ns, int64_t ms)
{
    assert_in_range(ns, ms * MS, (ms + 5) * MS);
}

static void sleep_ms(int64_t ms)
{
    int64_t end = clock_mono_ns() + ms * MS;
    const struct timespec pause = {.tv_nsec = 100000};
    while (clock_mono_ns() < end)
        nanosleep(&pause, NULL);
}

static void charges_all_who_wait_once(void **state)
{
    (void)state;
    struct lock_waiter first, second;
    assert_false(lock_waiters_may_be(&mutex));
    lock_waiters_enter(&first, &mutex);
    sleep_ms(10);
    lock_waiters_enter(&second, &mutex);
    sleep_ms(10);
    assert_true(lock_waiters_may_be(&mutex));
    assert_ms(lock_waiters_charge(&mutex), 30);
    assert_in_range(lock_waiters_charge(&mutex), 0, MS);
    assert_ms(lock_waiters_leave(&first), 20); /* all of it, charged or not */
    sleep_ms(10);
    assert_ms(lock_waiters_charge(&mutex), 10);
    assert_ms(lock_waiters_leave(&second), 20);
    assert_int_equal(lock_waiters_charge(&mutex), 0);
    assert_false(lock_waiters_may_be(&mutex));
}

static void leaves_other_mutexes_alone(void **state)
{
    (void)state;
    static pthread_mutex_t many[4 * LOCK_WAITERS_LISTS];
    struct lock_waiter one, its_list_has_too;
    size_t i = 0;
    while (lock_waiters_list(&many[i]) != lock_waiters_list(&other))
        i++;
    lock_waiters_enter(&one, &other);
    lock_waiters_enter(&its_list_has_too, &many[i]);
    sleep_ms(10);
    lock_waiters_leave(&its_list_has_too);
    assert_int_equal(lock_waiters_charge(&many[i]), 0);
    assert_ms(lock_waiters_charge(&other), 10);
    lock_waiters_leave(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charges_all_who_wait_once),
        cmocka_unit_test(leaves_other_mutexes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
