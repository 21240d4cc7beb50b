/* lock_waiters.c -- tests of sample/tables/lock_waiters.c: each part of a wait
 * is charged once, to the thread that held the mutex then. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "base/clock.h"
#include "sample/tables/lock_waiters.h"

enum { MS = 1000000 };

static pthread_mutex_t mutex, other;

/* The clock before a call and after it: the machine may take any time between
 * any two lines of a test, so that a stretch of time is known only from the
 * end of the first call to the beginning of the last, and the other way. */
struct moment {
    int64_t before_ns, after_ns;
};

#define AT(moment, call)                                                       \
    ((moment)->before_ns = clock_mono_ns(), (call),                            \
     (moment)->after_ns = clock_mono_ns())

struct stretch {
    const struct moment *from, *to;
};

/* `ns` is the sum of the two. */
static void assert_sum(int64_t ns, struct stretch a, struct stretch b)
{
    assert_in_range(ns,
                    a.to->before_ns - a.from->after_ns + b.to->before_ns -
                        b.from->after_ns,
                    a.to->after_ns - a.from->before_ns + b.to->after_ns -
                        b.from->before_ns);
}

static void assert_stretch(int64_t ns, const struct moment *from,
                           const struct moment *to)
{
    assert_in_range(ns, to->before_ns - from->after_ns,
                    to->after_ns - from->before_ns);
}

/* The waits whose lengths the tests compare. */
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
    struct moment one, two, charge, again, left, last, gone;
    int64_t ns;
    assert_false(lock_waiters_may_be(&mutex));
    AT(&one, lock_waiters_enter(&first, &mutex));
    sleep_ms(10);
    AT(&two, lock_waiters_enter(&second, &mutex));
    sleep_ms(10);
    assert_true(lock_waiters_may_be(&mutex));
    AT(&charge, ns = lock_waiters_charge(&mutex));
    assert_sum(ns, (struct stretch){&one, &charge},
               (struct stretch){&two, &charge});
    AT(&again, ns = lock_waiters_charge(&mutex));
    assert_sum(ns, (struct stretch){&charge, &again},
               (struct stretch){&charge, &again});
    AT(&left, ns = lock_waiters_leave(&first));
    assert_stretch(ns, &one, &left); /* all of it, charged or not */
    sleep_ms(10);
    AT(&last, ns = lock_waiters_charge(&mutex));
    assert_stretch(ns, &again, &last);
    AT(&gone, ns = lock_waiters_leave(&second));
    assert_stretch(ns, &two, &gone);
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
    struct moment begin, end;
    int64_t ns;
    AT(&begin, lock_waiters_enter(&one, &other));
    lock_waiters_enter(&its_list_has_too, &many[i]);
    sleep_ms(10);
    lock_waiters_leave(&its_list_has_too);
    assert_int_equal(lock_waiters_charge(&many[i]), 0);
    AT(&end, ns = lock_waiters_charge(&other));
    assert_stretch(ns, &begin, &end);
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
