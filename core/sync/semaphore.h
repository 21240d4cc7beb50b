/* semaphore.h -- so many permits, for tasks of any worker. Its size is their
 * number. Whoever has waited longest is served first.
 *
 * Path: modules/semaphore_methods.c -> [semaphore] -> waiter.c
 */
#ifndef SYNC_SEMAPHORE_H
#define SYNC_SEMAPHORE_H

#include "sync/object.h"
#include "sync/waiter.h"

extern const struct sync_class sync_semaphore_class;

struct sync_semaphore {
    struct sync_object object;
    int64_t n_free;
    struct wait_queue waiters;
};

/* True: a permit is taken. Else `waiter` is put into the queue; NULL: it is not
 * to wait. */
bool sync_semaphore_acquire(struct sync_semaphore *semaphore,
                            struct waiter *waiter);

/* The waiter waits no more. False: it has been served, a permit is its own. */
bool sync_semaphore_leave(struct sync_semaphore *semaphore,
                          struct waiter *waiter);

/* False: none is out. */
bool sync_semaphore_release(struct sync_semaphore *semaphore);

#endif
