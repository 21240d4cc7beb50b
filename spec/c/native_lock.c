/* native_lock.c -- tests of sample/hooks/native_lock.c: the delays of threads
 * are on the functions that waited and on those that held. The threads measure
 * the bounds of each delay themselves.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/libc_mutex.h"
#include "profile/profile.h"
#include "record/profile_kind.h"
#include "sample/hooks/contention.h"
#include "sample/session/sampler.h"
#include "sample/tables/frames.h"
#include "sample/tables/lock_waiters.h"
#include "sample/platform/quiet.h"
#include "sample/walk/attach.h"
#include "sample/session/session.h"
#include "sample/platform/symbolize.h"

enum { MS = 1000000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static bool is_signalled; /* [mutex] */
static atomic_bool is_held, is_given_up;

/* Bounds of what a profile must have. A busy machine may take the CPU away from
 * a thread between any two lines, so a wait is at least as long as the time in
 * which another thread saw it going on, and at most as long as the time that
 * the thread itself measured from before its call to after it. */
struct bounds {
    _Atomic int64_t least_ns, most_ns;
};
static struct bounds waited; /* of all threads together */
static struct bounds held;   /* the waits for the first holder */
static _Atomic int64_t n_waiting;

/* The calling thread is about to wait for the holder. */
static int64_t begin_waiting(void)
{
    int64_t now_ns = clock_mono_ns();
    held.most_ns -= now_ns;
    n_waiting++;
    return now_ns;
}

static void end_holding(void) { held.most_ns += n_waiting * clock_mono_ns(); }

static void sleep_ms(int64_t ms)
{
    const struct timespec pause = {.tv_nsec = ms * MS};
    nanosleep(&pause, NULL);
}

static struct timespec in_ms(clockid_t clock, int64_t ms)
{
    int64_t ns = clock_read_ns(clock) + ms * MS;
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static void await_holder(void)
{
    while (!is_held)
        sleep_ms(1);
}

static void await_waiters(unsigned n)
{
    while (lock_waiters_list(&mutex)->n != n)
        sleep_ms(1);
}

/* Lets n threads wait for the mutex, which the calling thread holds, for `ms`
 * at least. Returns the time for which all of them have waited. */
static int64_t let_wait(unsigned n, int64_t ms)
{
    await_waiters(n);
    int64_t since_ns = clock_mono_ns();
    sleep_ms(ms); /* the wait whose length is compared */
    return clock_mono_ns() - since_ns;
}

/* Whether a stack has this function; as its leaf, if `leaf`. */
static bool has(struct symbolizer *symbolizer, const struct tally_entry *e,
                const char *function, bool leaf)
{
    char name[256];
    for (uint32_t i = 0; i < e->n_frames && (i == 0 || !leaf); i++) {
        struct frame frame = frames_get(e->frames[i]);
        if (frame.kind == FRAME_NATIVE &&
            symbolize_name(symbolizer, frame.pc, name, sizeof name) &&
            strcmp(name, function) == 0)
            return true;
    }
    return false;
}

/* All stacks of `function` that begin with `leaf`. */
static struct tally_entry sum(struct tally *tally, const char *leaf,
                              const char *function)
{
    struct tally_snapshot *snapshot = tally_snapshot_take(tally);
    struct symbolizer *symbolizer = symbolizer_new();
    struct tally_entry all = {0};
    assert_non_null(snapshot);
    assert_non_null(symbolizer);
    for (uint32_t i = 0; i < snapshot->n; i++)
        if (has(symbolizer, &snapshot->entries[i], leaf, true) &&
            has(symbolizer, &snapshot->entries[i], function, false)) {
            all.count += snapshot->entries[i].count;
            all.weight += snapshot->entries[i].weight;
        }
    symbolizer_free(symbolizer);
    free(snapshot);
    return all;
}

static void assert_within(int64_t actual_ns, const struct bounds *bounds)
{
    if (actual_ns < bounds->least_ns || actual_ns > bounds->most_ns)
        fail_msg("%lld ns, not %lld to %lld", (long long)actual_ns,
                 (long long)bounds->least_ns, (long long)bounds->most_ns);
}

enum { WAIT_MS = 50 };

/* Holds the mutex while so many threads wait for it. */
static __attribute__((noinline)) void *hold_long(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    int64_t ns = let_wait((unsigned)(intptr_t)ctx, WAIT_MS);
    held.least_ns = waited.least_ns = (intptr_t)ctx * ns;
    pthread_mutex_unlock(&mutex);
    end_holding();
    return NULL;
}

static __attribute__((noinline)) void *wait_for_mutex(void *ctx)
{
    await_holder();
    int64_t start = begin_waiting();
    pthread_mutex_lock(&mutex);
    waited.most_ns += clock_mono_ns() - start;
    pthread_mutex_unlock(&mutex);
    return ctx;
}

/* Holds the mutex until the other thread has given it up. */
static __attribute__((noinline)) void *hold_until_given_up(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    await_waiters(1);
    waited.least_ns = -clock_mono_ns();
    while (!is_given_up)
        sleep_ms(1);
    pthread_mutex_unlock(&mutex);
    return ctx;
}

static __attribute__((noinline)) void *give_up_waiting(void *ctx)
{
    await_holder();
    int64_t start = clock_mono_ns();
    struct timespec until = in_ms(CLOCK_REALTIME, (intptr_t)ctx);
    int error = pthread_mutex_timedlock(&mutex, &until);
    waited.most_ns += clock_mono_ns() - start;
    waited.least_ns += start + (intptr_t)ctx * MS;
    if (error == 0) /* then the test fails, and the others go on */
        pthread_mutex_unlock(&mutex);
    is_given_up = true;
    return (void *)(intptr_t)error;
}

static __attribute__((noinline)) void *hold_shortly(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    sleep_ms((intptr_t)ctx); /* so that the other thread waits; the tests hold
                                if it does not */
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static __attribute__((noinline)) void *wait_quietly(void *ctx)
{
    await_holder();
    quiet_lock(&mutex);
    quiet_unlock(&mutex);
    return ctx;
}

/* Holds the mutex while another thread waits for it, and releases the mutex by
 * its own wait. */
static __attribute__((noinline)) void *wait_for_signal(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    held.least_ns = let_wait(1, WAIT_MS);
    int64_t start = clock_mono_ns();
    while (!is_signalled)
        pthread_cond_wait(&condition, &mutex);
    waited.most_ns += clock_mono_ns() - start;
    pthread_mutex_unlock(&mutex);
    return ctx;
}

static __attribute__((noinline)) void *send_signal(void *ctx)
{
    await_holder();
    begin_waiting();
    pthread_mutex_lock(&mutex);
    end_holding();
    int64_t start = clock_mono_ns();
    sleep_ms(WAIT_MS); /* the wait whose length is compared */
    waited.least_ns = clock_mono_ns() - start;
    is_signalled = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return ctx;
}

static __attribute__((noinline)) void *wait_in_vain(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    int64_t start = clock_mono_ns();
    struct timespec until = in_ms(CLOCK_REALTIME, (intptr_t)ctx);
    while (pthread_cond_timedwait(&condition, &mutex, &until) == 0)
        ;
    waited.most_ns += clock_mono_ns() - start;
    waited.least_ns += start + (intptr_t)ctx * MS;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* The other thread waits for the condition once it has released the mutex. */
static __attribute__((noinline)) void *see_it_wait(void *ctx)
{
    await_holder();
    pthread_mutex_lock(&mutex);
    waited.least_ns -= clock_mono_ns();
    pthread_mutex_unlock(&mutex);
    return ctx;
}

struct part {
    void *(*run)(void *ctx);
    intptr_t ctx;
};

/* Run them at the same time; returns what the last one did. */
static intptr_t run_all(const struct part *parts, unsigned n)
{
    pthread_t threads[8];
    void *result = NULL;
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, parts[i].run,
                                           (void *)parts[i].ctx));
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], &result);
    return (intptr_t)result;
}

static int clear(void **state)
{
    (void)state;
    tally_fini(&contention_block_tally);
    tally_fini(&contention_mutex_tally);
    contention_set_block_rate(CONTENTION_BLOCK_RATE_NS);
    contention_set_mutex_fraction(CONTENTION_MUTEX_FRACTION);
    is_held = is_signalled = is_given_up = false;
    waited.least_ns = waited.most_ns = 0;
    held.least_ns = held.most_ns = n_waiting = 0;
    return 0;
}

static void a_mutex_is_on_waiters_and_on_the_holder(void **state)
{
    (void)state;
    const struct part parts[] = {
        {hold_long, 2}, {wait_for_mutex, 0}, {wait_for_mutex, 0}};
    run_all(parts, 3);
    struct tally_entry block =
        sum(&contention_block_tally, "pthread_mutex_lock", "wait_for_mutex");
    assert_int_equal(block.count, 2);
    assert_within(block.weight, &waited);
    struct tally_entry entry =
        sum(&contention_mutex_tally, "pthread_mutex_unlock", "hold_long");
    assert_int_equal(entry.count, 1);
    assert_within(entry.weight, &held);
}

static void a_condition_is_on_its_waiter(void **state)
{
    (void)state;
    const struct part parts[] = {{wait_for_signal, 0}, {send_signal, 0}};
    run_all(parts, 2);
    assert_within(
        sum(&contention_block_tally, "pthread_cond_wait", "wait_for_signal")
            .weight,
        &waited);
    /* A thread that waits for a condition releases the mutex. */
    struct tally_entry entry =
        sum(&contention_mutex_tally, "pthread_cond_wait", "wait_for_signal");
    assert_int_equal(entry.count, 1);
    assert_true(entry.weight > 0);
    assert_within(entry.weight, &held);
}

static void what_is_given_up_was_waited_for(void **state)
{
    const struct part mutex_parts[] = {{hold_until_given_up, 0},
                                       {give_up_waiting, 100}};
    assert_int_equal(run_all(mutex_parts, 2), ETIMEDOUT);
    assert_within(sum(&contention_block_tally, "pthread_mutex_timedlock",
                      "give_up_waiting")
                      .weight,
                  &waited);
    clear(state);
    const struct part condition_parts[] = {{wait_in_vain, 100},
                                           {see_it_wait, 0}};
    run_all(condition_parts, 2);
    assert_within(
        sum(&contention_block_tally, "pthread_cond_timedwait", "wait_in_vain")
            .weight,
        &waited);
}

static void quiet_locks_are_passed_over(void **state)
{
    (void)state;
    const struct part parts[] = {{hold_shortly, 20}, {wait_quietly, 0}};
    run_all(parts, 2);
    assert_int_equal(
        sum(&contention_block_tally, "pthread_mutex_lock", "wait_quietly")
            .count,
        0);
    assert_int_equal(
        sum(&contention_mutex_tally, "pthread_mutex_unlock", "hold_shortly")
            .count,
        0);
}

static void a_rate_of_0_records_nothing(void **state)
{
    (void)state;
    const struct part parts[] = {{hold_shortly, 20}, {wait_for_mutex, 0}};
    contention_set_block_rate(0);
    contention_set_mutex_fraction(0);
    run_all(parts, 2);
    assert_null(contention_block_tally.stacks);
    assert_null(contention_mutex_tally.stacks);
}

static pthread_mutex_t wanted[3] = {PTHREAD_MUTEX_INITIALIZER,
                                    PTHREAD_MUTEX_INITIALIZER,
                                    PTHREAD_MUTEX_INITIALIZER};
static atomic_bool stop;
static int64_t turns[3]; /* each under its mutex */

/* A watched thread that gets a tick every few turns. */
static void *contend(void *ctx)
{
    unsigned random = (unsigned)(intptr_t)ctx;
    siginfo_t info = {.si_signo = SIGPROF, .si_code = SI_TIMER};
    attach_thread(NULL, NULL);
    for (int64_t n = 0; !stop; n++) {
        random = random * 1103515245 + 12345;
        unsigned i = random >> 16 & 3;
        if (i == 3) {
            struct timespec until = in_ms(CLOCK_REALTIME, 0);
            pthread_mutex_lock(&wanted[0]);
            pthread_cond_timedwait(&condition, &wanted[0], &until);
            pthread_mutex_unlock(&wanted[0]);
            continue;
        }
        pthread_mutex_lock(&wanted[i]);
        turns[i]++;
        pthread_cond_broadcast(&condition);
        if (n % 8 == 0)
            syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGPROF, &info);
        pthread_mutex_unlock(&wanted[i]);
    }
    detach_thread();
    return NULL;
}

static bool has_turns(unsigned i)
{
    pthread_mutex_lock(&wanted[i]);
    bool has = turns[i] > 1000;
    pthread_mutex_unlock(&wanted[i]);
    return has;
}

static bool have_all_waited(void)
{
    return has_turns(0) && has_turns(1) && has_turns(2) &&
           sum(&contention_block_tally, "pthread_mutex_lock", "contend").count >
               100 &&
           sum(&contention_mutex_tally, "pthread_mutex_unlock", "contend")
                   .weight > 0;
}

/* With every wait recorded, and CPU samples taken in between: the threads come
 * to an end, no waiter is left, and the waits are in both profiles. */
static void threads_that_all_want_the_same_go_on(void **state)
{
    (void)state;
    struct session_options options = {.rate_hz = 1000};
    struct err err = {0};
    pthread_t threads[6];
    contention_set_block_rate(1);
    stop = false;
    struct session *session = session_open(&options, &err);
    for (intptr_t i = 0; i < 6; i++)
        assert_int_equal(0,
                         pthread_create(&threads[i], NULL, contend, (void *)i));
    int64_t deadline_ns = clock_mono_ns() + INT64_C(120000000000);
    while (!have_all_waited() && clock_mono_ns() < deadline_ns)
        sleep_ms(20);
    stop = true;
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    struct profile *profile = profile_kind_empty(&profile_kind_cpu, 0, 0, &err);
    assert_non_null(profile);
    assert_true(session_close(session, NULL, profile, &err));
    assert_true(profile_n_samples(profile) > 0);
    profile_free(profile);
    assert_true(have_all_waited());
    for (int i = 0; i < LOCK_WAITERS_LISTS; i++)
        assert_int_equal(0, lock_waiters_lists[i].n);
}

/* As libc has it, whether it must wait or not. */
static void errors_are_told(void **state)
{
    (void)state;
    pthread_mutexattr_t attributes;
    pthread_mutex_t checked;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&checked, &attributes);
    errno = 77;
    assert_int_equal(pthread_mutex_unlock(&checked), EPERM);
    assert_int_equal(pthread_mutex_lock(&checked), 0);
    assert_int_equal(pthread_mutex_lock(&checked), EDEADLK);
    assert_int_equal(pthread_mutex_unlock(&checked), 0);
    assert_int_equal(errno, 77);
    pthread_mutex_destroy(&checked);
    pthread_mutexattr_destroy(&attributes);
}

static int start(void **state)
{
    struct err err = {0};
    (void)state;
    if (!sampler_init(&err) || !attach_thread(NULL, &err))
        return -1;
    contention_watch_native();
    /* The first stack may wait for the disk. */
    const struct part parts[] = {{hold_long, 1}, {wait_for_mutex, 0}};
    run_all(parts, 2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_mutex_is_on_waiters_and_on_the_holder, clear),
        cmocka_unit_test_setup(a_condition_is_on_its_waiter, clear),
        cmocka_unit_test_setup(what_is_given_up_was_waited_for, clear),
        cmocka_unit_test_setup(quiet_locks_are_passed_over, clear),
        cmocka_unit_test_setup(a_rate_of_0_records_nothing, clear),
        cmocka_unit_test_setup(threads_that_all_want_the_same_go_on, clear),
        cmocka_unit_test_setup(errors_are_told, clear),
    };
    if (!LIBC_MUTEX_IS_REPLACEABLE) {
        puts("skipped: a build with a sanitizer does not watch native locks");
        return 0;
    }
    return cmocka_run_group_tests(tests, start, NULL);
}
