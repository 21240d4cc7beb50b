/* native_lock.c -- measures how long threads wait for mutexes and conditions of
 * the C library.
 *
 * This file defines pthread_mutex_lock and its relatives in front of the C
 * library's, for every caller in the process except the C library itself. A
 * free mutex is taken by one trylock. A thread that finds the mutex taken
 * registers as a waiter (lock_waiters.h); the length of its wait goes to the
 * profile `block`. The thread that unlocks the mutex is charged with the time
 * that others have waited until then, for the profile `mutex`. It unlocks
 * before it takes its stack, so that the waiters do not wait for that too. A
 * wait for a condition releases the mutex, so it is also an unlock. Where the
 * sampler itself waits, and in signal handlers, the functions only pass the
 * call on (current_stack_may_take).
 *
 * A sanitizer defines the same functions, so builds with a sanitizer leave this
 * file out.
 *
 * Path: [native_lock] -> lock_waiters.c, contention.c
 */
#include "base/libc_mutex.h"

#if LIBC_MUTEX_IS_REPLACEABLE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "sample/hooks/contention.h"
#include "sample/walk/current_stack.h"
#include "sample/tables/lock_waiters.h"

typedef int (*clocklock_fn)(pthread_mutex_t *, clockid_t,
                            const struct timespec *);
typedef int (*wait_fn)(pthread_cond_t *, pthread_mutex_t *);
typedef int (*timedwait_fn)(pthread_cond_t *, pthread_mutex_t *,
                            const struct timespec *);
typedef int (*clockwait_fn)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                            const struct timespec *);

/* Returns the C library's own function, for the functions that have no second
 * name there (base/libc_mutex.h). All of them wait, so a search at the first
 * call costs nothing that counts. */
static void *find_libc_function(_Atomic(void *) *found, const char *name)
{
    void *function = atomic_load_explicit(found, memory_order_relaxed);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(found, function, memory_order_relaxed);
    }
    return function;
}

#define LIBC_FUNCTION(type, name)                                              \
    ({                                                                         \
        static _Atomic(void *) found;                                          \
        (type) find_libc_function(&found, name);                               \
    })

static inline bool is_watching(void)
{
    return atomic_load_explicit(&contention_is_native, memory_order_relaxed);
}

/* Locks without measuring. `until` may be NULL: no time limit. */
static inline int lock_by_libc(pthread_mutex_t *mutex, clockid_t clock,
                               const struct timespec *until)
{
    return until ? LIBC_FUNCTION(clocklock_fn,
                                 "pthread_mutex_clocklock")(mutex, clock, until)
                 : libc_mutex_lock(mutex);
}

/* Waits for a mutex that another thread holds. Sets *delay_ns to the length of
 * the wait, or to 0 where nothing may be recorded. Not inline, so that the code
 * for a free mutex stays short. */
static __attribute__((noinline)) int
lock_taken_mutex(pthread_mutex_t *mutex, clockid_t clock,
                 const struct timespec *until, int64_t *delay_ns)
{
    if (!current_stack_may_take()) {
        *delay_ns = 0;
        return lock_by_libc(mutex, clock, until);
    }
    struct lock_waiter waiter;
    lock_waiters_enter(&waiter, mutex);
    int error = lock_by_libc(mutex, clock, until);
    *delay_ns = lock_waiters_leave(&waiter);
    return error;
}

/* Functions that record a stack are inlined and not seen in it, so that it
 * begins with the pthread function that the program called. */
#define UNSEEN inline __attribute__((always_inline, artificial))

static UNSEEN int lock_until(pthread_mutex_t *mutex, clockid_t clock,
                             const struct timespec *until)
{
    if (__builtin_expect(!is_watching(), 1))
        return lock_by_libc(mutex, clock, until);
    int error = libc_mutex_trylock(mutex);
    if (error == EBUSY) {
        int64_t delay_ns;
        error = lock_taken_mutex(mutex, clock, until, &delay_ns);
        contention_native_waited(delay_ns);
    }
    return error;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return lock_until(mutex, CLOCK_REALTIME, NULL);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex,
                            const struct timespec *until)
{
    return lock_until(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                            const struct timespec *until)
{
    return lock_until(mutex, clock, until);
}

/* Returns the time that others have waited for the mutex, with which the thread
 * that is about to release it is charged, or 0. */
static inline int64_t charge_holder(const pthread_mutex_t *mutex)
{
    if (!is_watching() || !lock_waiters_may_be(mutex) ||
        !current_stack_may_take())
        return 0;
    return lock_waiters_charge(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int64_t delay_ns = charge_holder(mutex);
    int error = libc_mutex_unlock(mutex);
    if (delay_ns > 0)
        contention_native_held(delay_ns);
    return error;
}

/* Records a wait for a condition, during which the mutex was released. The
 * thread holds the mutex again by now, so other threads wait until the stack is
 * taken. */
static UNSEEN void record_condition_wait(int64_t since_ns, int64_t charged_ns)
{
    contention_native_waited(clock_mono_ns() - since_ns);
    contention_native_held(charged_ns);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    wait_fn wait = LIBC_FUNCTION(wait_fn, "pthread_cond_wait");
    if (!is_watching() || !current_stack_may_take())
        return wait(condition, mutex);
    int64_t charged_ns = charge_holder(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex);
    record_condition_wait(since_ns, charged_ns);
    return error;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           const struct timespec *until)
{
    timedwait_fn wait = LIBC_FUNCTION(timedwait_fn, "pthread_cond_timedwait");
    if (!is_watching() || !current_stack_may_take())
        return wait(condition, mutex, until);
    int64_t charged_ns = charge_holder(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex, until);
    record_condition_wait(since_ns, charged_ns);
    return error;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           clockid_t clock, const struct timespec *until)
{
    clockwait_fn wait = LIBC_FUNCTION(clockwait_fn, "pthread_cond_clockwait");
    if (!is_watching() || !current_stack_may_take())
        return wait(condition, mutex, clock, until);
    int64_t charged_ns = charge_holder(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex, clock, until);
    record_condition_wait(since_ns, charged_ns);
    return error;
}

#endif
