/* lock_waiters.h -- knows which threads wait for which native mutex.
 *
 * The `mutex` profile charges the thread that unlocks a mutex with the time
 * that other threads waited meanwhile. glibc's mutexes do not tell that time.
 * So each thread that waits puts an entry, which lies on its own stack, into
 * one of 256 lists, chosen by the mutex's address:
 *
 *   lists[hash(mutex)] -> waiter of mutex A -> waiter of B -> waiter of A
 *                         since 10, charged 12   ...
 *
 * Nothing is allocated and no table can be full. An unlock of a mutex that
 * nobody waits for costs one load (lock_waiters_may_be).
 *
 * Path: native_lock.c -> [lock_waiters]
 */
#ifndef SAMPLE_TABLES_LOCK_WAITERS_H
#define SAMPLE_TABLES_LOCK_WAITERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* All functions: [any thread, not in a handler] */

struct lock_waiter {
    const pthread_mutex_t *mutex;
    int64_t since_ns;   /* when the wait began (monotonic) */
    int64_t charged_ns; /* holders were charged with the wait up to this time */
    struct list_link in_list;
};

/* The calling thread is about to wait for the mutex. `waiter` stays where it is
 * until lock_waiters_leave. */
void lock_waiters_enter(struct lock_waiter *waiter,
                        const pthread_mutex_t *mutex);

/* The calling thread waits no longer. Returns the length of the wait in
 * nanoseconds. */
int64_t lock_waiters_leave(struct lock_waiter *waiter);

/* Returns the time, in nanoseconds and summed over all waiters, that threads
 * have waited for the mutex and that no holder was charged with yet. The caller
 * holds the mutex and is charged with this time now. */
int64_t lock_waiters_charge(const pthread_mutex_t *mutex);

enum { LOCK_WAITERS_LISTS = 256 };

/* Aligned to a cache line, so that two lists do not slow each other down. */
struct lock_waiters_list {
    _Alignas(64) pthread_mutex_t lock; /* taken by libc_mutex_lock only, which
                                          native_lock.c does not watch */
    struct list waiters;
    atomic_uint n; /* number of waiters, readable without the lock */
};

extern struct lock_waiters_list lock_waiters_lists[LOCK_WAITERS_LISTS];

/* Returns the list that holds the mutex's waiters, and those of others. */
static inline struct lock_waiters_list *
lock_waiters_list(const pthread_mutex_t *mutex)
{
    uint64_t hash = (uint64_t)(uintptr_t)mutex * UINT64_C(0x9e3779b97f4a7c15);
    return &lock_waiters_lists[hash >> 56];
}

/* Returns true if a thread may wait for the mutex. Cheap, for each unlock.
 * Can miss a thread that begins to wait at the same moment. */
static inline bool lock_waiters_may_be(const pthread_mutex_t *mutex)
{
    return atomic_load_explicit(&lock_waiters_list(mutex)->n,
                                memory_order_relaxed) > 0;
}

#endif
