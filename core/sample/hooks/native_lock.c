/* native_lock.c -- waits of threads for mutexes and conditions of the C
 * library: pthread_mutex_lock and its kin, ours in front of libc's for all that
 * calls them, libraries included, but libc itself.
 *
 * A mutex that is free is taken as ever. Who finds it taken notes that it waits
 * (lock_waiters.h), and how long it did is its own, for the profile `block`;
 * who unlocks it takes what others have waited for it until then, for the
 * profile `mutex`: first it unlocks, then it takes a stack. A wait for a
 * condition lets go of its mutex, so that is an unlock too. What the sampler
 * itself waits for passes through (current_stack_may_take), in its signal
 * handler too.
 *
 * Not in builds with a sanitizer, which stands there itself.
 *
 * Path: [native_lock] -> contention.c
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

/* libc's own, of those that have no other name there: they all wait, and can
 * afford to be looked up at their first call. */
static void *next(_Atomic(void *) *found, const char *name)
{
    void *function = atomic_load_explicit(found, memory_order_relaxed);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(found, function, memory_order_relaxed);
    }
    return function;
}

#define NEXT(type, name)                                                       \
    ({                                                                         \
        static _Atomic(void *) found;                                          \
        (type) next(&found, name);                                             \
    })

static inline bool is_on(void)
{
    return atomic_load_explicit(&contention_is_native, memory_order_relaxed);
}

/* As libc does it; `until` NULL is for ever. */
static inline int lock_libc(pthread_mutex_t *mutex, clockid_t clock,
                            const struct timespec *until)
{
    return until ? NEXT(clocklock_fn, "pthread_mutex_clocklock")(mutex, clock,
                                                                 until)
                 : libc_mutex_lock(mutex);
}

/* It is somebody's: wait, which takes `*delay_ns`. Not inline, to keep the way
 * of a mutex that is free short. */
static __attribute__((noinline)) int wait_for(pthread_mutex_t *mutex,
                                              clockid_t clock,
                                              const struct timespec *until,
                                              int64_t *delay_ns)
{
    if (!current_stack_may_take()) {
        *delay_ns = 0;
        return lock_libc(mutex, clock, until);
    }
    struct lock_waiter waiter;
    lock_waiters_enter(&waiter, mutex);
    int error = lock_libc(mutex, clock, until);
    *delay_ns = lock_waiters_leave(&waiter);
    return error;
}

/* Inline: the stack is to begin with the function that was called. */
static inline __attribute__((always_inline)) int
lock_until(pthread_mutex_t *mutex, clockid_t clock,
           const struct timespec *until)
{
    if (__builtin_expect(!is_on(), 1))
        return lock_libc(mutex, clock, until);
    int error = libc_mutex_trylock(mutex);
    if (error == EBUSY) {
        int64_t delay_ns;
        error = wait_for(mutex, clock, until, &delay_ns);
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

/* What the holder of a mutex is to be charged with, which it is about to let
 * go. */
static inline int64_t charge(const pthread_mutex_t *mutex)
{
    if (!is_on() || !lock_waiters_may_be(mutex) || !current_stack_may_take())
        return 0;
    return lock_waiters_charge(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int64_t delay_ns = charge(mutex);
    int error = libc_mutex_unlock(mutex);
    if (delay_ns > 0)
        contention_native_held(delay_ns);
    return error;
}

/* The mutex is held again by now: recording makes others wait for it. */
static inline void record_wait(int64_t since_ns, int64_t charged_ns)
{
    contention_native_waited(clock_mono_ns() - since_ns);
    contention_native_held(charged_ns);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    wait_fn wait = NEXT(wait_fn, "pthread_cond_wait");
    if (!is_on() || !current_stack_may_take())
        return wait(condition, mutex);
    int64_t charged_ns = charge(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex);
    record_wait(since_ns, charged_ns);
    return error;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           const struct timespec *until)
{
    timedwait_fn wait = NEXT(timedwait_fn, "pthread_cond_timedwait");
    if (!is_on() || !current_stack_may_take())
        return wait(condition, mutex, until);
    int64_t charged_ns = charge(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex, until);
    record_wait(since_ns, charged_ns);
    return error;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           clockid_t clock, const struct timespec *until)
{
    clockwait_fn wait = NEXT(clockwait_fn, "pthread_cond_clockwait");
    if (!is_on() || !current_stack_may_take())
        return wait(condition, mutex, clock, until);
    int64_t charged_ns = charge(mutex), since_ns = clock_mono_ns();
    int error = wait(condition, mutex, clock, until);
    record_wait(since_ns, charged_ns);
    return error;
}

#endif
