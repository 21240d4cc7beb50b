/* sync_wait.h -- a task that waits for a shared object (sync/object.h): for a
 * mutex, say, until its turn comes, its time is over or it is given up.
 *
 * Path: module_sync_*.c -> [sync_wait] -> sync/waiter.c, scheduler.c
 */
#ifndef SCRIPT_SYNC_WAIT_H
#define SCRIPT_SYNC_WAIT_H

#include <stdbool.h>
#include <uv.h>

#include "sync/object.h"
#include "sync/waiter.h"

struct lua_State;
struct task;

struct sync_wait_kind {
    /* Take the waiter out of its queue. False: it has been posted. */
    bool (*leave)(struct sync_object *object, struct waiter *waiter);
    /* It was served, and nobody wants that any more. */
    void (*give_back)(struct sync_object *object, struct waiter *waiter);
};

struct sync_wait {
    struct waiter waiter;
    const struct sync_wait_kind *kind;
    struct sync_object *object;
    struct task *task; /* NULL: given up */
    uv_timer_t timer;
    bool has_timer;
    bool is_over; /* its time */
};

/* One for the task that may wait here; raises, behind `name`, when none may. */
struct sync_wait *sync_wait_new(struct lua_State *L, const char *name,
                                const struct sync_wait_kind *kind,
                                struct sync_object *object);

/* Its waiter is in a queue: the task waits, at most for `seconds` if they are
 * not negative. The caller yields next. */
void sync_wait_start(struct sync_wait *wait, double seconds);

/* It did not have to wait, or sync_wait_end. */
void sync_wait_free(struct sync_wait *wait);

/* A wait that only another task can end: it is in the object's queue, without a
 * time limit. */
struct endless_wait {
    struct sync_object *object;
    int64_t since_ns;  /* monotonic */
    const void *owner; /* of sync_class */
};

/* Returns false if the task has no such wait. [the task's thread] */
bool sync_wait_is_endless(const struct task *task, struct endless_wait *wait);

enum sync_wait_result { SYNC_WAIT_SERVED, SYNC_WAIT_TIMEOUT, SYNC_WAIT_CLOSED };

/* The task goes on: records the wait (contention.h). The waiter's item is good
 * until sync_wait_free. */
enum sync_wait_result sync_wait_end(const struct sync_wait *wait);

#endif
