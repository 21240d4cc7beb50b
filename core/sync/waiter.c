#include "sync/waiter.h"

#include "base/clock.h"

void wait_queue_add(struct wait_queue *queue, struct waiter *waiter)
{
    waiter->since_ns = clock_mono_ns();
    waiter->state = WAITER_QUEUED;
    waiter->next = NULL;
    waiter->prev = queue->last;
    if (queue->last)
        queue->last->next = waiter;
    else
        queue->first = waiter;
    queue->last = waiter;
    queue->n++;
}

void wait_queue_remove(struct wait_queue *queue, struct waiter *waiter)
{
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        queue->first = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        queue->last = waiter->prev;
    queue->n--;
}

struct waiter *wait_queue_take(struct wait_queue *queue)
{
    struct waiter *waiter = queue->first;
    if (waiter)
        wait_queue_remove(queue, waiter);
    return waiter;
}

void waiter_post(struct waiter *waiter, enum waiter_state state)
{
    waiter->state = state;
    mailbox_post(waiter->mailbox, &waiter->message);
}
