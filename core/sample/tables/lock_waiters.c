#include "sample/tables/lock_waiters.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/libc_mutex.h"

/* All zeros: each mutex is unlocked and each list is empty. */
struct lock_waiters_list lock_waiters_lists[LOCK_WAITERS_LISTS];

void lock_waiters_enter(struct lock_waiter *waiter,
                        const pthread_mutex_t *mutex)
{
    struct lock_waiters_list *list = lock_waiters_list(mutex);
    int64_t now = clock_mono_ns();
    *waiter = (struct lock_waiter){mutex, now, now, {0}};
    libc_mutex_lock(&list->lock);
    list_prepend(&list->waiters, &waiter->in_list);
    atomic_fetch_add_explicit(&list->n, 1, memory_order_relaxed);
    libc_mutex_unlock(&list->lock);
}

int64_t lock_waiters_leave(struct lock_waiter *waiter)
{
    struct lock_waiters_list *list = lock_waiters_list(waiter->mutex);
    int64_t now = clock_mono_ns();
    libc_mutex_lock(&list->lock);
    list_remove(&waiter->in_list);
    atomic_fetch_sub_explicit(&list->n, 1, memory_order_relaxed);
    libc_mutex_unlock(&list->lock);
    return now - waiter->since_ns;
}

int64_t lock_waiters_charge(const pthread_mutex_t *mutex)
{
    struct lock_waiters_list *list = lock_waiters_list(mutex);
    int64_t now = clock_mono_ns(), sum = 0;
    libc_mutex_lock(&list->lock);
    list_each (struct lock_waiter, w, &list->waiters, in_list) {
        if (w->mutex != mutex || w->charged_ns >= now)
            continue;
        sum += now - w->charged_ns;
        w->charged_ns = now;
    }
    libc_mutex_unlock(&list->lock);
    return sum;
}
