/* channel.h -- messages from task to task, across workers, in order.
 *
 * The size of the object is its capacity: the number of messages that it holds
 * before a sender waits. With capacity 0 each sender waits for a receiver.
 * A channel may be closed: it takes no more messages then, and gives those that
 * it holds.
 *
 * Path: modules/channel_methods.c -> [channel] -> waiter.c
 */
#ifndef SYNC_CHANNEL_H
#define SYNC_CHANNEL_H

#include "base/list.h"
#include "sync/object.h"
#include "sync/waiter.h"

extern const struct sync_class sync_channel_class;

/* Allocated by malloc. Whoever holds the message frees it: the sender, the
 * channel, then the receiver. */
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

/* Sends a message. Returns CHANNEL_DONE if the channel has taken it;
 * CHANNEL_WAITS if there is no room: unless `waiter` is NULL, it is in the
 * queue and has taken the message; CHANNEL_CLOSED if the channel is closed.
 * Otherwise the caller still holds the message. [any thread, like all functions
 * here] */
enum channel_result sync_channel_send(struct sync_channel *channel,
                                      struct sync_message *message,
                                      struct waiter *waiter);

/* Receives a message. Returns CHANNEL_DONE if *message is set, and the caller
 * holds it; CHANNEL_WAITS if there is none: unless `waiter` is NULL, it is in
 * the queue, and its item will be the message; CHANNEL_CLOSED if the channel is
 * closed and has no more messages. */
enum channel_result sync_channel_receive(struct sync_channel *channel,
                                         struct sync_message **message,
                                         struct waiter *waiter);

/* Take the waiter out of its queue. Return false if it is posted, because it
 * was served or the channel was closed. A sender's message is its item again,
 * and the caller holds it. */
bool sync_channel_leave_send(struct sync_channel *channel,
                             struct waiter *waiter);
bool sync_channel_leave_receive(struct sync_channel *channel,
                                struct waiter *waiter);

/* Puts a message back in front, which was received for a task that was aborted.
 */
void sync_channel_give_back(struct sync_channel *channel,
                            struct sync_message *message);

/* Closes the channel. All waiters are posted as WAITER_CLOSED; the messages of
 * waiting senders are freed. */
void sync_channel_close(struct sync_channel *channel);

/* Returns the number of messages that the channel holds. */
int64_t sync_channel_n_messages(struct sync_channel *channel);

#endif
