/* lock_waiters.h -- which threads wait for which mutex just now, so that who
 * holds it can be charged with their time.
 *
 * Who unlocks a mutex is to know how long others, all together, have waited
 * while it was held; glibc's mutexes do not tell. Each thread that waits has an
 * entry on its own stack, in one of a few lists by the address of the mutex:
 * nothing is allocated, and nothing can be full.
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

struct lock_waiter {
    const pthread_mutex_t *mutex;
    int64_t since_ns;   /* it waits since then, monotonic */
    int64_t charged_ns; /* up to then, holders have been charged with it */
    struct list_link in_list;
};

/* The calling thread is about to wait for the mutex, and waits no longer.
 * leave returns for how long it did. [any thread, not in a handler] */
void lock_waiters_enter(struct lock_waiter *waiter,
                        const pthread_mutex_t *mutex);
int64_t lock_waiters_leave(struct lock_waiter *waiter);

/* The time that others have waited for the mutex and nobody has been charged
 * with yet, all together; it is charged now. For who holds it. */
int64_t lock_waiters_charge(const pthread_mutex_t *mutex);

enum { LOCK_WAITERS_LISTS = 256 };

struct lock_waiters_list {
    _Alignas(64) pthread_mutex_t lock; /* taken by libc_mutex_lock */
    struct list waiters;
    atomic_uint n; /* their number, to be read without the lock */
};

extern struct lock_waiters_list lock_waiters_lists[LOCK_WAITERS_LISTS];

static inline struct lock_waiters_list *
lock_waiters_list(const pthread_mutex_t *mutex)
{
    uint64_t hash = (uint64_t)(uintptr_t)mutex * UINT64_C(0x9e3779b97f4a7c15);
    return &lock_waiters_lists[hash >> 56];
}

/* Whether somebody may wait for it: cheap, for each unlock to ask. False also
 * for who has only just begun. */
static inline bool lock_waiters_may_be(const pthread_mutex_t *mutex)
{
    return atomic_load_explicit(&lock_waiters_list(mutex)->n,
                                memory_order_relaxed) > 0;
}

#endif
