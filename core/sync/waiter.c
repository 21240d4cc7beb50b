#include "sync/waiter.h"

#include "base/clock.h"

void wait_queue_add(struct wait_queue *queue, struct waiter *waiter)
{
    waiter->since_ns = clock_mono_ns();
    waiter->state = WAITER_QUEUED;
    list_append(&queue->waiters, &waiter->in_queue);
    queue->n++;
}

void wait_queue_remove(struct wait_queue *queue, struct waiter *waiter)
{
    list_remove(&waiter->in_queue);
    queue->n--;
}

struct waiter *wait_queue_take(struct wait_queue *queue)
{
    struct list_link *link = list_take(&queue->waiters);
    if (!link)
        return NULL;
    queue->n--;
    return container_of(link, struct waiter, in_queue);
}

void waiter_post(struct waiter *waiter, enum waiter_state state)
{
    waiter->state = state;
    mailbox_post(waiter->mailbox, &waiter->message);
}
