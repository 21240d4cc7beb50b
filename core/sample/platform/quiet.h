/* quiet.h -- stretches in which the calling thread samples nothing of what it
 * does itself: no allocation, no wait.
 *
 * Taking a stack and recording it takes locks and allocates. An allocation made
 * while such a lock is held would be sampled, and want the same lock; one made
 * while a stack is being recorded would overwrite it. So a lock that is needed
 * to take or record a stack is a quiet one, held through quiet_lock, and
 * current_stack.c takes no stack while this thread is quiet.
 */
#ifndef SAMPLE_PLATFORM_QUIET_H
#define SAMPLE_PLATFORM_QUIET_H

#include <pthread.h>
#include <stdbool.h>

/* How many stretches the thread is in; they nest. */
extern _Thread_local unsigned quiet_depth;

/* This process was forked from the one that sampled. Its locks may be held by
 * threads that are not in it: all of it is quiet, for ever, and takes none of
 * them to forget what goes. */
extern bool quiet_is_child;

/* Notice forks. Once. */
void quiet_init(void);

static inline void quiet_enter(void) { quiet_depth++; }

static inline void quiet_leave(void) { quiet_depth--; }

static inline bool quiet_is_on(void)
{
    return quiet_depth > 0 || quiet_is_child;
}

static inline void quiet_lock(pthread_mutex_t *lock)
{
    quiet_enter();
    pthread_mutex_lock(lock);
}

static inline void quiet_unlock(pthread_mutex_t *lock)
{
    pthread_mutex_unlock(lock);
    quiet_leave();
}

#endif
