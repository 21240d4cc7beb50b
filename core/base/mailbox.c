#include "base/mailbox.h"

#include <stddef.h>

/* Turns the list round. Returns its oldest message. */
static struct mailbox_message *reverse(struct mailbox_message *newest)
{
    struct mailbox_message *oldest = NULL;
    while (newest) {
        struct mailbox_message *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void deliver_all(struct mailbox *box)
{
    /* Pairs with the release in mailbox_post. */
    struct mailbox_message *message = reverse(
        atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire));
    while (message) {
        struct mailbox_message *next = message->next;
        message->deliver(message);
        message = next;
    }
}

static void on_async(uv_async_t *async) { deliver_all(async->data); }

bool mailbox_open(struct mailbox *box, uv_loop_t *loop, struct err *err)
{
    atomic_init(&box->newest, NULL);
    int status = uv_async_init(loop, &box->async, on_async);
    if (status)
        return err_set(err, "cannot make a mailbox: %s", uv_strerror(status));
    box->async.data = box;
    return true;
}

void mailbox_post(struct mailbox *box, struct mailbox_message *message)
{
    message->next = atomic_load_explicit(&box->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&box->newest, &message->next,
                                                  message, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    uv_async_send(&box->async);
}

void mailbox_close(struct mailbox *box)
{
    deliver_all(box);
    uv_close((uv_handle_t *)&box->async, NULL);
}
