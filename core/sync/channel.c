#include "sync/channel.h"

#include <stdlib.h>

static bool channel_is_unused(const struct sync_object *object)
{
    const struct sync_channel *channel =
        container_of(object, struct sync_channel, object);
    return channel->n_messages == 0 && !channel->is_closed;
}

const struct sync_class sync_channel_class = {
    .word = "channel",
    .size_word = "capacity",
    .n_bytes = sizeof(struct sync_channel),
    .default_size = 0,
    .is_unused = channel_is_unused,
};

/* [object's lock] */
static void append_message(struct sync_channel *channel,
                           struct sync_message *message)
{
    list_append(&channel->messages, &message->in_channel);
    channel->n_messages++;
}

/* [object's lock] */
static struct sync_message *take_stored_message(struct sync_channel *channel)
{
    struct list_link *link = list_take(&channel->messages);
    if (!link)
        return NULL;
    channel->n_messages--;
    return container_of(link, struct sync_message, in_channel);
}

/* Gives the message to the receiver that has waited longest. Returns false if
 * none waits. [object's lock] */
static bool serve_receiver(struct sync_channel *channel,
                           struct sync_message *message)
{
    struct waiter *receiver = wait_queue_take(&channel->receivers);
    if (!receiver)
        return false;
    receiver->item = message;
    waiter_post(receiver, WAITER_SERVED);
    return true;
}

enum channel_result sync_channel_send(struct sync_channel *channel,
                                      struct sync_message *message,
                                      struct waiter *waiter)
{
    enum channel_result result = CHANNEL_DONE;
    pthread_mutex_lock(&channel->object.lock);
    if (channel->is_closed) {
        result = CHANNEL_CLOSED;
    } else if (!serve_receiver(channel, message)) {
        if (channel->n_messages < channel->object.size) {
            append_message(channel, message);
        } else {
            result = CHANNEL_WAITS;
            if (waiter) {
                waiter->item = message;
                wait_queue_add(&channel->senders, waiter);
            }
        }
    }
    pthread_mutex_unlock(&channel->object.lock);
    return result;
}

/* Takes the message of the sender that has waited longest. Returns NULL if none
 * waits. [object's lock] */
static struct sync_message *serve_sender(struct sync_channel *channel)
{
    struct waiter *sender = wait_queue_take(&channel->senders);
    if (!sender)
        return NULL;
    struct sync_message *message = sender->item;
    sender->item = NULL;
    waiter_post(sender, WAITER_SERVED);
    return message;
}

enum channel_result sync_channel_receive(struct sync_channel *channel,
                                         struct sync_message **message,
                                         struct waiter *waiter)
{
    enum channel_result result = CHANNEL_DONE;
    pthread_mutex_lock(&channel->object.lock);
    *message = take_stored_message(channel);
    struct sync_message *sent =
        channel->n_messages < channel->object.size || !*message
            ? serve_sender(channel)
            : NULL;
    if (!*message)
        *message = sent;
    else if (sent)
        append_message(channel, sent);
    if (!*message) {
        result = channel->is_closed ? CHANNEL_CLOSED : CHANNEL_WAITS;
        if (result == CHANNEL_WAITS && waiter)
            wait_queue_add(&channel->receivers, waiter);
    }
    pthread_mutex_unlock(&channel->object.lock);
    return result;
}

static bool leave_queue(struct sync_channel *channel, struct wait_queue *queue,
                        struct waiter *waiter)
{
    pthread_mutex_lock(&channel->object.lock);
    bool waits = waiter->state == WAITER_QUEUED;
    if (waits)
        wait_queue_remove(queue, waiter);
    pthread_mutex_unlock(&channel->object.lock);
    return waits;
}

bool sync_channel_leave_send(struct sync_channel *channel,
                             struct waiter *waiter)
{
    return leave_queue(channel, &channel->senders, waiter);
}

bool sync_channel_leave_receive(struct sync_channel *channel,
                                struct waiter *waiter)
{
    return leave_queue(channel, &channel->receivers, waiter);
}

void sync_channel_give_back(struct sync_channel *channel,
                            struct sync_message *message)
{
    pthread_mutex_lock(&channel->object.lock);
    if (!serve_receiver(channel, message)) {
        list_prepend(&channel->messages, &message->in_channel);
        channel->n_messages++;
    }
    pthread_mutex_unlock(&channel->object.lock);
}

/* [object's lock] */
static void close_waiters(struct wait_queue *queue)
{
    struct waiter *waiter;
    while ((waiter = wait_queue_take(queue))) {
        free(waiter->item); /* the message of a sender */
        waiter->item = NULL;
        waiter_post(waiter, WAITER_CLOSED);
    }
}

void sync_channel_close(struct sync_channel *channel)
{
    pthread_mutex_lock(&channel->object.lock);
    channel->is_closed = true;
    close_waiters(&channel->senders);
    close_waiters(&channel->receivers);
    pthread_mutex_unlock(&channel->object.lock);
}

int64_t sync_channel_n_messages(struct sync_channel *channel)
{
    pthread_mutex_lock(&channel->object.lock);
    int64_t n = channel->n_messages;
    pthread_mutex_unlock(&channel->object.lock);
    return n;
}
