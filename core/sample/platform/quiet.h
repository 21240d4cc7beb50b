/* quiet.h -- stretches in which the calling thread samples nothing of its own
 * work: no allocation and no wait for a lock.
 *
 * To take a stack and to record it, the sampler takes locks and allocates. An
 * allocation made while such a lock is held would itself be sampled, and would
 * wait for the same lock for ever. An allocation made while a stack is being
 * recorded would overwrite that stack. So:
 *
 *   - A thread is quiet from quiet_enter to quiet_leave, and current_stack.c
 *     takes no stack on a quiet thread.
 *   - A lock that is needed to take or to record a stack is a quiet lock: it is
 *     taken by quiet_lock and released by quiet_unlock only.
 *   - The code under a quiet lock takes no other lock of the sampler.
 *
 * A CPU or wall sample may still interrupt a quiet thread: its signal handler
 * takes no lock and allocates nothing.
 *
 * Path: current_stack.c, the tables -> [quiet]
 */
#ifndef SAMPLE_PLATFORM_QUIET_H
#define SAMPLE_PLATFORM_QUIET_H

#include <pthread.h>
#include <stdbool.h>

#include "base/fork.h"

/* Number of quiet stretches that the calling thread is in; they nest. */
extern _Thread_local unsigned quiet_depth;

/* All functions below: [any thread, not in a handler] */

/* Begins and ends a quiet stretch of the calling thread. */
static inline void quiet_enter(void) { quiet_depth++; }
static inline void quiet_leave(void) { quiet_depth--; }

/* Returns true if the calling thread takes no stacks. A forked child never
 * does: a lock that is needed may be held for ever (base/fork.h). */
static inline bool quiet_is_on(void)
{
    return quiet_depth > 0 || fork_depth > 0;
}

/* Takes and releases a quiet lock. The thread is quiet while it holds it. */
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
