/* waiter.h -- a task's place in the queue of a shared object; first come, first
 * served.
 *
 *     WAITER_QUEUED  --serve-->  WAITER_SERVED  \
 *           |        --close-->  WAITER_CLOSED  /  posted to its loop's mailbox
 *           '--leave--> not in a queue, not posted
 *
 * The thread of the task's loop owns the waiter and frees it. Another thread
 * takes the waiter out of the queue, sets its state and posts it to the mailbox
 * of that loop. All of this happens under the object's lock. So a loop that
 * gives up a wait either finds the waiter still in the queue, or knows that the
 * waiter is posted.
 *
 * Path: mutex.c, channel.c, semaphore.c -> [waiter] -> script/sync_wait.c
 */
#ifndef SYNC_WAITER_H
#define SYNC_WAITER_H

#include <stdint.h>

#include "base/list.h"
#include "base/mailbox.h"

enum waiter_state {
    WAITER_QUEUED, /* in a queue, or taken out by wait_queue_remove */
    WAITER_SERVED, /* the task has the mutex, the permit or the message */
    WAITER_CLOSED, /* the channel was closed */
};

struct waiter {
    struct mailbox_message message; /* its `deliver` is called on the loop */
    struct mailbox *mailbox;        /* of the loop */
    int64_t since_ns;               /* start of the wait, monotonic */
    enum waiter_state state;        /* [object's lock] until it is posted */
    void *item; /* mutex: the task that wants it; channel: the struct
                   sync_message that is sent or was received */
    struct list_link in_queue;
};

struct wait_queue {
    struct list waiters;
    unsigned n;
};

/* The caller of each of these functions holds the object's lock. */

/* Puts the waiter at the end of the queue. */
void wait_queue_add(struct wait_queue *queue, struct waiter *waiter);

/* Takes this waiter out of the queue, in which it is. */
void wait_queue_remove(struct wait_queue *queue, struct waiter *waiter);

/* Takes the first waiter out. Returns NULL if the queue is empty. */
struct waiter *wait_queue_take(struct wait_queue *queue);

/* Posts a waiter that was taken out. Its loop owns it from then on. */
void waiter_post(struct waiter *waiter, enum waiter_state state);

#endif
