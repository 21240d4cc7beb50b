/* mutex.h -- a lock that tasks of any worker hold and wait for.
 *
 * The mutex is handed to the waiter that has waited longest. A task that
 * unlocks the mutex learns the sum of the times that other tasks have waited
 * while this task held it. The sum over all holders is the time of all waiters,
 * so the profile `mutex` accounts for the profile `block`.
 *
 * Path: modules/mutex_methods.c -> [mutex] -> waiter.c
 */
#ifndef SYNC_MUTEX_H
#define SYNC_MUTEX_H

#include "sync/object.h"
#include "sync/waiter.h"

extern const struct sync_class sync_mutex_class;

struct sync_mutex {
    struct sync_object object;
    const void *owner; /* the task that holds the mutex; NULL: it is free */
    struct wait_queue waiters;
    int64_t delay_ns;   /* time that others have waited for this owner */
    int64_t changed_ns; /* delay_ns is counted up to here, monotonic */
};

/* Returns true if the mutex was free; `owner` holds it now. Otherwise returns
 * false and, unless `waiter` is NULL, puts `waiter`, whose item is the owner,
 * into the queue. [any thread, like all functions here] */
bool sync_mutex_lock(struct sync_mutex *mutex, const void *owner,
                     struct waiter *waiter);

/* Takes the waiter out of the queue. Returns false if it has been served: its
 * owner holds the mutex. */
bool sync_mutex_leave(struct sync_mutex *mutex, struct waiter *waiter);

/* Hands the mutex to the next waiter, or frees it. Returns the nanoseconds that
 * others have waited for its owner, all together. */
int64_t sync_mutex_unlock(struct sync_mutex *mutex);

#endif
