/* channel.h -- messages from task to task, across workers, in order.
 *
 * Its size is its capacity: how many messages it holds before a sender waits.
 * With 0 each sender waits for a receiver.
 *
 * Path: modules/channel_methods.c -> [channel] -> waiter.c
 */
#ifndef SYNC_CHANNEL_H
#define SYNC_CHANNEL_H

#include "base/list.h"
#include "sync/object.h"
#include "sync/waiter.h"

extern const struct sync_class sync_channel_class;

/* From malloc, whose ever has it. */
struct sync_message {
    struct list_link in_channel;
    size_t n_bytes;
    char bytes[];
};

struct sync_channel {
    struct sync_object object;
    struct list messages;
    int64_t n_messages;
    struct wait_queue senders, receivers;
    bool is_closed;
};

enum channel_result { CHANNEL_DONE, CHANNEL_WAITS, CHANNEL_CLOSED };

/* WAITS: `waiter` is in the queue, or NULL and was not to wait. The channel has
 * the message with DONE, and with WAITS if there is a waiter. */
enum channel_result sync_channel_send(struct sync_channel *channel,
                                      struct sync_message *message,
                                      struct waiter *waiter);

/* DONE: *message is the caller's; WAITS: it will be the waiter's item. A closed
 * channel gives what it has first. */
enum channel_result sync_channel_receive(struct sync_channel *channel,
                                         struct sync_message **message,
                                         struct waiter *waiter);

/* The waiter waits no more. False: it has been served, or the channel closed.
 * A sender that leaves has its message back as its item. */
bool sync_channel_leave_send(struct sync_channel *channel,
                             struct waiter *waiter);
bool sync_channel_leave_receive(struct sync_channel *channel,
                                struct waiter *waiter);

/* Put back, in front, what was received for somebody who is gone. */
void sync_channel_give_back(struct sync_channel *channel,
                            struct sync_message *message);

/* Nothing can be sent any more. Those that wait get CLOSED. */
void sync_channel_close(struct sync_channel *channel);

int64_t sync_channel_n_messages(struct sync_channel *channel);

#endif
