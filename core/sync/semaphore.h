/* semaphore.h -- a number of permits for tasks of any worker. The size of the
 * object is the number of permits. The waiter that has waited longest is served
 * first.
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
    int64_t n_free; /* permits that nobody has */
    struct wait_queue waiters;
};

/* Returns true if a permit was free; the caller has it now. Otherwise returns
 * false and, unless `waiter` is NULL, puts it into the queue. [any thread, like
 * all functions here] */
bool sync_semaphore_acquire(struct sync_semaphore *semaphore,
                            struct waiter *waiter);

/* Takes the waiter out of the queue. Returns false if it has been served: it
 * has a permit. */
bool sync_semaphore_leave(struct sync_semaphore *semaphore,
                          struct waiter *waiter);

/* Gives a permit to the next waiter, or back. Returns false and changes nothing
 * if all permits are free already. */
bool sync_semaphore_release(struct sync_semaphore *semaphore);

#endif
