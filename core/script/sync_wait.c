/* sync_wait.c -- the waits of tasks for shared objects.
 *
 * Three things may end a wait: the waiter is posted, its timer fires, or the
 * task is aborted. They race only in the queue of the object: `leave` tells
 * under the object's lock whether the waiter was still there. If it was not,
 * the waiter has been posted, and on_waiter_posted will run.
 */
#include "script/sync_wait.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "sample/hooks/contention.h"
#include "script/scheduler.h"
#include "script/timer.h"

static void on_waiter_posted(struct mailbox_message *message)
{
    struct sync_wait *wait =
        container_of(message, struct sync_wait, waiter.message);
    if (!wait->task)
        sync_wait_free(wait);
    else
        task_wake(wait->task);
}

struct sync_wait *sync_wait_new(lua_State *L, const char *name,
                                const struct sync_wait_kind *kind,
                                struct sync_object *object)
{
    const char *why;
    struct task *task = scheduler_running_task(L, &why);
    if (!task)
        luaL_error(L, "%s %s", name, why);
    struct sync_wait *wait = calloc(1, sizeof *wait);
    if (!wait)
        luaL_error(L, "%s: out of memory", name);
    wait->waiter.message.deliver = on_waiter_posted;
    wait->waiter.mailbox = scheduler_mailbox(scheduler_of(L));
    wait->kind = kind;
    wait->object = object;
    wait->task = task;
    return wait;
}

static void free_closed_wait(uv_handle_t *timer) { free(timer->data); }

void sync_wait_free(struct sync_wait *wait)
{
    if (wait->has_timer)
        uv_close((uv_handle_t *)&wait->timer, free_closed_wait);
    else
        free(wait);
}

static int64_t waited_ns(const struct sync_wait *wait)
{
    return clock_mono_ns() - wait->waiter.since_ns;
}

/* The task is aborted. */
static void cancel_sync_wait(void *ctx)
{
    struct sync_wait *wait = ctx;
    contention_coroutine_waited(task_stack(wait->task), task_labels(wait->task),
                                waited_ns(wait));
    if (wait->kind->leave(wait->object, &wait->waiter)) {
        sync_wait_free(wait);
        return;
    }
    wait->task = NULL; /* on_waiter_posted frees the wait */
    if (wait->waiter.state == WAITER_SERVED)
        wait->kind->give_back(wait->object, &wait->waiter);
}

bool sync_wait_is_endless(const struct task *task, struct endless_wait *endless)
{
    struct sync_wait *wait = task_wait_ctx(task, cancel_sync_wait);
    if (!wait || wait->has_timer)
        return false;
    struct sync_object *object = wait->object;
    pthread_mutex_lock(&object->lock);
    bool is_queued = wait->waiter.state == WAITER_QUEUED;
    *endless = (struct endless_wait){
        .object = object,
        .since_ns = wait->waiter.since_ns,
        .owner = object->class->owner ? object->class->owner(object) : NULL,
    };
    pthread_mutex_unlock(&object->lock);
    return is_queued;
}

static void on_sync_wait_timeout(uv_timer_t *timer)
{
    struct sync_wait *wait = timer->data;
    if (!wait->task || !wait->kind->leave(wait->object, &wait->waiter))
        return; /* on_waiter_posted will run */
    wait->is_over = true;
    task_wake(wait->task);
}

void sync_wait_start(struct sync_wait *wait, double seconds)
{
    uv_loop_t *loop = task_loop(wait->task);
    task_wait(wait->task, wait->object->what, cancel_sync_wait, wait);
    if (seconds < 0)
        return;
    wait->has_timer = true;
    wait->timer.data = wait;
    uv_timer_init(loop, &wait->timer);
    uv_update_time(loop); /* the task may have run for long */
    uv_timer_start(&wait->timer, on_sync_wait_timeout, timer_ms(seconds), 0);
}

enum sync_wait_result sync_wait_end(const struct sync_wait *wait)
{
    contention_waited(waited_ns(wait));
    if (wait->is_over)
        return SYNC_WAIT_TIMEOUT;
    return wait->waiter.state == WAITER_CLOSED ? SYNC_WAIT_CLOSED
                                               : SYNC_WAIT_SERVED;
}
