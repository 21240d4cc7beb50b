/* sync_wait.h -- lets a task wait for a shared object (sync/object.h), a mutex
 * for example, until it is served, its time is over or the task is aborted.
 *
 *     this task's thread                        another thread
 *     sync_wait_new
 *     sync_mutex_lock puts the waiter
 *       into the queue of the mutex
 *     sync_wait_start, yield
 *                                               sync_mutex_unlock takes it out:
 *                                               waiter_post, to the mailbox of
 *       <-------------------------------------- this loop
 *     the mailbox delivers: task_wake
 *     sync_wait_end, sync_wait_free
 *
 * All functions are called on the task's thread.
 *
 * Path: modules/mutex_methods.c, ... -> [sync_wait] -> sync/waiter.c,
 *       scheduler.c
 */
#ifndef SCRIPT_SYNC_WAIT_H
#define SCRIPT_SYNC_WAIT_H

#include <stdbool.h>
#include <uv.h>

#include "sync/object.h"
#include "sync/waiter.h"

struct lua_State;
struct task;

/* The operations that differ between kinds of objects. */
struct sync_wait_kind {
    /* Takes the waiter out of its queue. Returns false if the waiter is not in
     * the queue, because it has been posted. */
    bool (*leave)(struct sync_object *object, struct waiter *waiter);
    /* Gives back what the waiter was served with, after the task was aborted.
     */
    void (*give_back)(struct sync_object *object, struct waiter *waiter);
};

struct sync_wait {
    struct waiter waiter;
    const struct sync_wait_kind *kind;
    struct sync_object *object;
    struct task *task; /* NULL: aborted while the waiter was posted */
    uv_timer_t timer;
    bool has_timer;
    bool is_over; /* the timer has fired before the waiter was served */
};

/* Makes a wait of the running task. Raises a Lua error that begins with `name`
 * if the task may not wait here or memory is short. */
struct sync_wait *sync_wait_new(struct lua_State *L, const char *name,
                                const struct sync_wait_kind *kind,
                                struct sync_object *object);

/* Lets the task wait; its waiter is in a queue already. The wait ends after
 * `seconds` unless they are negative. The caller yields next. */
void sync_wait_start(struct sync_wait *wait, double seconds);

/* A wait that only another task can end: it is in the object's queue, without a
 * time limit. */
struct endless_wait {
    struct sync_object *object;
    int64_t since_ns;  /* monotonic */
    const void *owner; /* of sync_class */
};

/* Fills *wait and returns true if the task has such a wait. */
bool sync_wait_is_endless(const struct task *task, struct endless_wait *wait);

enum sync_wait_result { SYNC_WAIT_SERVED, SYNC_WAIT_TIMEOUT, SYNC_WAIT_CLOSED };

/* Records the length of the wait (contention.h) and returns how it ended.
 * Called when the task goes on. `wait->waiter.item` is valid until
 * sync_wait_free. */
enum sync_wait_result sync_wait_end(const struct sync_wait *wait);

/* Frees the wait, after sync_wait_end or if the task did not have to wait. */
void sync_wait_free(struct sync_wait *wait);

#endif
