/* mailbox.h -- hands messages from any thread to the thread of a libuv loop.
 *
 * Any number of writers, one reader, no lock: writers push onto a list with
 * one compare-and-swap, the reader takes the whole list at once and delivers
 * it oldest first. A message is a struct of the sender's with a struct
 * mailbox_message inside, so posting allocates nothing.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct mailbox_message {
    struct mailbox_message *next;
    /* Called on the loop's thread; the message is the callee's from then on,
     * to free or to post again. */
    void (*deliver)(struct mailbox_message *message);
};

struct mailbox {
    uv_async_t async;
    _Atomic(struct mailbox_message *) newest;
};

/* The struct stays in place until the loop has run after mailbox_close and
 * every mailbox_post has returned: a message may be delivered before that. */
bool mailbox_open(struct mailbox *box, uv_loop_t *loop, struct err *err);

/* [any thread] */
void mailbox_post(struct mailbox *box, struct mailbox_message *message);

/* Deliver what is there and close. Nobody may post any more.
 * [the loop's thread] */
void mailbox_close(struct mailbox *box);

#endif
