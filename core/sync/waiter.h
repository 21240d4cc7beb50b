/* waiter.h -- who waits for a shared object, first come, first served.
 *
 * A waiter belongs to a loop. It is put into a queue, and one day another
 * thread takes it out, says what became of it and posts it to the mailbox of
 * its loop. Everything is done with the object's lock held; so whoever gives
 * up either finds the waiter in the queue still, or knows that it was posted.
 *
 * Path: mutex.c, channel.c, semaphore.c -> [waiter] -> script/sync_wait.c
 */
#ifndef SYNC_WAITER_H
#define SYNC_WAITER_H

#include <stdint.h>

#include "base/list.h"
#include "base/mailbox.h"

enum waiter_state {
    WAITER_QUEUED,
    WAITER_SERVED, /* it has what it waited for */
    WAITER_CLOSED, /* a channel was closed */
};

struct waiter {
    struct mailbox_message message; /* `deliver` is set by its loop */
    struct mailbox *mailbox;        /* of its loop */
    int64_t since_ns;               /* monotonic */
    enum waiter_state state;
    void *item; /* who wants the mutex; what is sent, what was received */
    struct list_link in_queue;
};

struct wait_queue {
    struct list waiters;
    unsigned n;
};

/* All with the object's lock. */
void wait_queue_add(struct wait_queue *queue, struct waiter *waiter);
void wait_queue_remove(struct wait_queue *queue, struct waiter *waiter);

/* Take the first one out; NULL: there is none. */
struct waiter *wait_queue_take(struct wait_queue *queue);

/* Let one that was taken out go on. It is its loop's from then on. */
void waiter_post(struct waiter *waiter, enum waiter_state state);

#endif
