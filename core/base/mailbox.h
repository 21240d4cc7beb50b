/* mailbox.h -- hands messages from any thread to the thread of a libuv loop.
 *
 * A mailbox has any number of senders and one receiver and takes no lock. A
 * sender pushes its message onto a list with one compare-and-swap. The receiver
 * takes the whole list at once and delivers the oldest message first.
 *
 *     newest -> message 3 -> message 2 -> message 1 -> NULL
 *
 * A message is a struct of the sender that has a struct mailbox_message as a
 * member, so posting allocates nothing and cannot fail. A mailbox has no bound:
 * a message that is posted is not posted again before it is delivered, so the
 * number of messages is that of the senders' structs.
 *
 * Path: serve/handover.c, sync/waiter.c, client/resolver.c, script/os_thread.c
 * -> [mailbox] -> serve/worker.c
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct mailbox_message {
    struct mailbox_message *next; /* the message posted before this one */
    /* Called on the loop's thread. The callee owns the message from then on
     * and may free it or post it again. */
    void (*deliver)(struct mailbox_message *message);
};

struct mailbox {
    uv_async_t async; /* wakes the loop */
    _Atomic(struct mailbox_message *)
        newest; /* not delivered yet; NULL: none */
};

/* Opens the mailbox on a loop. Returns false and sets err if libuv cannot make
 * the wake-up. The struct must stay in place until the loop has run after
 * mailbox_close and every mailbox_post has returned: a message may be delivered
 * before the mailbox_post of it returns. [the loop's thread] */
bool mailbox_open(struct mailbox *box, uv_loop_t *loop, struct err *err);

/* Posts a message, which belongs to the mailbox until it is delivered. [any
 * thread] */
void mailbox_post(struct mailbox *box, struct mailbox_message *message);

/* Delivers all messages and closes the mailbox. No thread may post any more.
 * [the loop's thread] */
void mailbox_close(struct mailbox *box);

#endif
