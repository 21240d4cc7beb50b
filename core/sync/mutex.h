/* mutex.h -- a lock that tasks of any worker hold, and wait for.
 *
 * It is handed to who has waited longest. Whoever gives it back learns for how
 * long others have waited in the meantime, all together: that is what holding
 * it has cost. The sum over all holders is what all waiters have waited.
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
    const void *owner; /* NULL: it is free */
    struct wait_queue waiters;
    int64_t delay_ns;   /* waited, all waiters together, for this owner */
    int64_t changed_ns; /* delay_ns is of then */
};

/* True: `owner` has it now. Else `waiter`, whose item is the owner, is put into
 * the queue; NULL: it is not to wait. */
bool sync_mutex_lock(struct sync_mutex *mutex, const void *owner,
                     struct waiter *waiter);

/* The waiter waits no more. False: it has been served, the mutex is its
 * owner's. */
bool sync_mutex_leave(struct sync_mutex *mutex, struct waiter *waiter);

/* Hand it on. Returns the delay that this owner has caused, 0 for none. */
int64_t sync_mutex_unlock(struct sync_mutex *mutex);

#endif
