#include "sync/mutex.h"

#include "base/clock.h"

static bool mutex_is_unused(const struct sync_object *object)
{
    return !container_of(object, struct sync_mutex, object)->owner;
}

static const void *mutex_owner(const struct sync_object *object)
{
    return container_of(object, struct sync_mutex, object)->owner;
}

const struct sync_class sync_mutex_class = {
    .word = "mutex",
    .n_bytes = sizeof(struct sync_mutex),
    .is_unused = mutex_is_unused,
    .owner = mutex_owner,
};

/* Adds the time of the waiters since the last call. Called before the queue
 * changes. [object's lock] */
static void add_mutex_delay(struct sync_mutex *mutex)
{
    int64_t now_ns = clock_mono_ns();
    mutex->delay_ns += (int64_t)mutex->waiters.n * (now_ns - mutex->changed_ns);
    mutex->changed_ns = now_ns;
}

bool sync_mutex_lock(struct sync_mutex *mutex, const void *owner,
                     struct waiter *waiter)
{
    pthread_mutex_lock(&mutex->object.lock);
    bool is_free = !mutex->owner;
    if (is_free) {
        mutex->owner = owner;
    } else if (waiter) {
        add_mutex_delay(mutex);
        wait_queue_add(&mutex->waiters, waiter);
    }
    pthread_mutex_unlock(&mutex->object.lock);
    return is_free;
}

bool sync_mutex_leave(struct sync_mutex *mutex, struct waiter *waiter)
{
    pthread_mutex_lock(&mutex->object.lock);
    bool waits = waiter->state == WAITER_QUEUED;
    if (waits) {
        add_mutex_delay(mutex);
        wait_queue_remove(&mutex->waiters, waiter);
    }
    pthread_mutex_unlock(&mutex->object.lock);
    return waits;
}

int64_t sync_mutex_unlock(struct sync_mutex *mutex)
{
    pthread_mutex_lock(&mutex->object.lock);
    if (mutex->waiters.n > 0)
        add_mutex_delay(mutex);
    int64_t delay_ns = mutex->delay_ns;
    mutex->delay_ns = 0;
    struct waiter *next = wait_queue_take(&mutex->waiters);
    mutex->owner = next ? next->item : NULL;
    if (next)
        waiter_post(next, WAITER_SERVED);
    pthread_mutex_unlock(&mutex->object.lock);
    return delay_ns;
}
