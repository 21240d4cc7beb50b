#include "sync/semaphore.h"

static void semaphore_init(struct sync_object *object)
{
    container_of(object, struct sync_semaphore, object)->n_free = object->size;
}

static bool semaphore_is_unused(const struct sync_object *object)
{
    return container_of(object, struct sync_semaphore, object)->n_free ==
           object->size;
}

const struct sync_class sync_semaphore_class = {
    .word = "semaphore",
    .size_word = "number of permits",
    .n_bytes = sizeof(struct sync_semaphore),
    .default_size = 1,
    .init = semaphore_init,
    .is_unused = semaphore_is_unused,
};

bool sync_semaphore_acquire(struct sync_semaphore *semaphore,
                            struct waiter *waiter)
{
    pthread_mutex_lock(&semaphore->object.lock);
    bool is_free = semaphore->n_free > 0;
    if (is_free)
        semaphore->n_free--;
    else if (waiter)
        wait_queue_add(&semaphore->waiters, waiter);
    pthread_mutex_unlock(&semaphore->object.lock);
    return is_free;
}

bool sync_semaphore_leave(struct sync_semaphore *semaphore,
                          struct waiter *waiter)
{
    pthread_mutex_lock(&semaphore->object.lock);
    bool waits = waiter->state == WAITER_QUEUED;
    if (waits)
        wait_queue_remove(&semaphore->waiters, waiter);
    pthread_mutex_unlock(&semaphore->object.lock);
    return waits;
}

bool sync_semaphore_release(struct sync_semaphore *semaphore)
{
    pthread_mutex_lock(&semaphore->object.lock);
    bool is_out = semaphore->n_free < semaphore->object.size;
    struct waiter *next = wait_queue_take(&semaphore->waiters);
    if (next)
        waiter_post(next, WAITER_SERVED);
    else if (is_out)
        semaphore->n_free++;
    pthread_mutex_unlock(&semaphore->object.lock);
    return is_out;
}
