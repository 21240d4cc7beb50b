/* native_lock.c -- tests of sample/native_lock.c: the delays of threads that
 * wait for known times, on the functions that waited and on those that held.
 * The threads time their waits themselves; 5 % is the tolerance.
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
static atomic_bool is_held;
static _Atomic int64_t waited_ns; /* of all, as they say themselves */
/* The same up to when the first holder lets go: on a busy machine, who has
 * waited may get a CPU long after. */
static _Atomic int64_t waited_for_holder_ns;
static _Atomic int64_t n_waiting;

static void begin_waiting(int64_t now_ns)
{
    waited_for_holder_ns -= now_ns;
    n_waiting++;
}

static void end_holding(void)
{
    waited_for_holder_ns += n_waiting * clock_mono_ns();
}

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

/* Whether a stack has this function; as its leaf, if `leaf`. */
static bool has(const struct tally_entry *e, const char *function, bool leaf)
{
    char name[256];
    for (uint32_t i = 0; i < e->n_frames && (i == 0 || !leaf); i++) {
        struct frame frame = frames_get(e->frames[i]);
        if (frame.kind == FRAME_NATIVE &&
            symbolize_name(frame.pc, name, sizeof name) &&
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
    struct tally_entry all = {0};
    assert_non_null(snapshot);
    for (uint32_t i = 0; i < snapshot->n; i++)
        if (has(&snapshot->entries[i], leaf, true) &&
            has(&snapshot->entries[i], function, false)) {
            all.count += snapshot->entries[i].count;
            all.weight += snapshot->entries[i].weight;
        }
    free(snapshot);
    return all;
}

static void assert_near(int64_t actual_ns, int64_t expected_ns)
{
    if (llabs(actual_ns - expected_ns) * 20 > expected_ns)
        fail_msg("%lld ns, expected %lld", (long long)actual_ns,
                 (long long)expected_ns);
}

static __attribute__((noinline)) void *hold_long(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    sleep_ms((intptr_t)ctx);
    end_holding();
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static __attribute__((noinline)) void *wait_for_mutex(void *ctx)
{
    await_holder();
    int64_t start = clock_mono_ns();
    begin_waiting(start);
    pthread_mutex_lock(&mutex);
    waited_ns += clock_mono_ns() - start;
    pthread_mutex_unlock(&mutex);
    return ctx;
}

static __attribute__((noinline)) void *give_up_waiting(void *ctx)
{
    await_holder();
    int64_t start = clock_mono_ns();
    struct timespec until = in_ms(CLOCK_REALTIME, (intptr_t)ctx);
    int error = pthread_mutex_timedlock(&mutex, &until);
    waited_ns += clock_mono_ns() - start;
    if (error == 0) /* the holder was through before: the test fails, alone */
        pthread_mutex_unlock(&mutex);
    return (void *)(intptr_t)error;
}

static __attribute__((noinline)) void *wait_quietly(void *ctx)
{
    await_holder();
    quiet_lock(&mutex);
    quiet_unlock(&mutex);
    return ctx;
}

/* Holds the mutex for so long before it waits and so lets go of it. */
static __attribute__((noinline)) void *wait_for_signal(void *ctx)
{
    pthread_mutex_lock(&mutex);
    is_held = true;
    sleep_ms((intptr_t)ctx);
    int64_t start = clock_mono_ns();
    end_holding();
    while (!is_signalled)
        pthread_cond_wait(&condition, &mutex);
    waited_ns += clock_mono_ns() - start;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static __attribute__((noinline)) void *send_signal(void *ctx)
{
    await_holder();
    begin_waiting(clock_mono_ns());
    pthread_mutex_lock(&mutex);
    sleep_ms((intptr_t)ctx);
    is_signalled = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static __attribute__((noinline)) void *wait_in_vain(void *ctx)
{
    struct timespec until = in_ms(CLOCK_REALTIME, (intptr_t)ctx);
    pthread_mutex_lock(&mutex);
    int64_t start = clock_mono_ns();
    while (pthread_cond_timedwait(&condition, &mutex, &until) == 0)
        ;
    waited_ns += clock_mono_ns() - start;
    pthread_mutex_unlock(&mutex);
    return NULL;
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
    is_held = is_signalled = false;
    waited_ns = waited_for_holder_ns = n_waiting = 0;
    return 0;
}

static void a_mutex_is_on_waiters_and_on_the_holder(void **state)
{
    (void)state;
    const struct part parts[] = {
        {hold_long, 200}, {wait_for_mutex, 0}, {wait_for_mutex, 0}};
    run_all(parts, 3);
    struct tally_entry block =
        sum(&contention_block_tally, "pthread_mutex_lock", "wait_for_mutex");
    assert_int_equal(block.count, 2);
    assert_near(block.weight, waited_ns);
    struct tally_entry held =
        sum(&contention_mutex_tally, "pthread_mutex_unlock", "hold_long");
    assert_int_equal(held.count, 1);
    assert_near(held.weight, waited_for_holder_ns);
}

static void a_condition_is_on_its_waiter(void **state)
{
    (void)state;
    const struct part parts[] = {{wait_for_signal, 150}, {send_signal, 100}};
    run_all(parts, 2);
    assert_near(
        sum(&contention_block_tally, "pthread_cond_wait", "wait_for_signal")
            .weight,
        waited_ns);
    /* Who waits for a condition lets go of the mutex. */
    struct tally_entry held =
        sum(&contention_mutex_tally, "pthread_cond_wait", "wait_for_signal");
    assert_int_equal(held.count, 1);
    assert_true(held.weight > 0);
    assert_near(held.weight, waited_for_holder_ns);
}

static void what_is_given_up_was_waited_for(void **state)
{
    (void)state;
    const struct part mutex_parts[] = {{hold_long, 900},
                                       {give_up_waiting, 100}};
    assert_int_equal(run_all(mutex_parts, 2), ETIMEDOUT);
    assert_near(sum(&contention_block_tally, "pthread_mutex_timedlock",
                    "give_up_waiting")
                    .weight,
                waited_ns);
    waited_ns = 0;
    const struct part condition_part = {wait_in_vain, 100};
    run_all(&condition_part, 1);
    assert_near(
        sum(&contention_block_tally, "pthread_cond_timedwait", "wait_in_vain")
            .weight,
        waited_ns);
}

static void quiet_locks_are_passed_over(void **state)
{
    (void)state;
    const struct part parts[] = {{hold_long, 20}, {wait_quietly, 0}};
    run_all(parts, 2);
    assert_int_equal(
        sum(&contention_block_tally, "pthread_mutex_lock", "wait_quietly")
            .count,
        0);
    assert_int_equal(
        sum(&contention_mutex_tally, "pthread_mutex_unlock", "hold_long").count,
        0);
}

static void a_rate_of_0_records_nothing(void **state)
{
    (void)state;
    const struct part parts[] = {{hold_long, 20}, {wait_for_mutex, 0}};
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

/* With every wait recorded, and samples of the CPU taken in between: it comes
 * to an end, nothing is left behind, and who waited has waited for somebody. */
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
    sleep_ms(900);
    stop = true;
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    struct profile *profile = profile_kind_empty(&profile_kind_cpu, 0, 0, &err);
    assert_non_null(profile);
    assert_true(session_close(session, NULL, profile, &err));
    assert_true(profile_n_samples(profile) > 0);
    profile_free(profile);
    assert_true(turns[0] > 100 && turns[1] > 100 && turns[2] > 100);
    for (int i = 0; i < LOCK_WAITERS_LISTS; i++)
        assert_int_equal(0, lock_waiters_lists[i].n);
    assert_true(
        sum(&contention_block_tally, "pthread_mutex_lock", "contend").count >
        100);
    assert_true(
        sum(&contention_mutex_tally, "pthread_mutex_unlock", "contend").weight >
        0);
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
    /* The first stack may wait for the disk, in what the threads time. */
    const struct part parts[] = {{hold_long, 20}, {wait_for_mutex, 0}};
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
