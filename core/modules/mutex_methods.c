/* mutex_methods.c -- sync.mutex(name): a lock that one task holds at a time.
 *
 * If a task ends while it holds a mutex, the mutex is unlocked with a warning
 * in the log, because no other task can unlock it. For the profile kind
 * `mutex`, unlocking reports how long other tasks have waited.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "modules/sync_methods.h"
#include "sample/hooks/contention.h"
#include "script/scheduler.h"
#include "script/sync_handle.h"
#include "script/sync_wait.h"
#include "sync/mutex.h"

#define TYPE "sync.mutex"

/* Records that a task holds a mutex. The task owns the record, and the record
 * keeps the object open. */
struct held {
    struct task_hold hold;
    struct sync_mutex *mutex;
};

static struct sync_mutex *check_mutex(lua_State *L)
{
    return container_of(sync_handle_check(L, TYPE), struct sync_mutex, object);
}

static struct task *check_task(lua_State *L)
{
    struct scheduler *scheduler = scheduler_of(L);
    struct task *task = scheduler ? scheduler_running(scheduler) : NULL;
    if (!task)
        luaL_error(L, "a mutex is held by a task: by a handler of the server, "
                      "or a function that a timer calls");
    return task;
}

static void unlock_held(struct held *held)
{
    task_unhold(&held->hold);
    contention_held(sync_mutex_unlock(held->mutex));
    sync_object_close(&held->mutex->object);
    free(held);
}

static void release_at_task_end(struct task_hold *hold)
{
    struct held *held = container_of(hold, struct held, hold);
    log_write(LOG_WARN, "mutex_left_locked",
              LOG_FIELDS(log_text("mutex", held->mutex->object.name)));
    unlock_held(held);
}

/* Returns NULL if the task does not hold the mutex. */
static struct held *find_held(const struct task *task,
                              const struct sync_mutex *mutex)
{
    list_each (struct task_hold, hold, task_holds(task), in_task) {
        struct held *held = container_of(hold, struct held, hold);
        if (hold->release == release_at_task_end && held->mutex == mutex)
            return held;
    }
    return NULL;
}

static bool leave_lock_queue(struct sync_object *object, struct waiter *waiter)
{
    return sync_mutex_leave(container_of(object, struct sync_mutex, object),
                            waiter);
}

static void give_back_lock(struct sync_object *object, struct waiter *waiter)
{
    (void)waiter;
    sync_mutex_unlock(container_of(object, struct sync_mutex, object));
}

static const struct sync_wait_kind wait_kind = {leave_lock_queue,
                                                give_back_lock};

/* Records that the task holds the mutex, which it has locked. If out of memory,
 * unlocks the mutex and raises. */
static void record_hold(lua_State *L, struct sync_mutex *mutex,
                        struct task *task)
{
    struct held *held = malloc(sizeof *held);
    if (!held) {
        sync_mutex_unlock(mutex);
        luaL_error(L, "out of memory for a lock");
    }
    *held = (struct held){.hold.release = release_at_task_end, .mutex = mutex};
    sync_object_ref(&mutex->object);
    task_hold(task, &held->hold);
}

/* Locks the mutex. If the task must wait, the function yields and continues
 * with `k`. Otherwise this function returns: true if the mutex is locked, false
 * if it is not free and `seconds` is 0. */
static bool lock_or_yield(lua_State *L, struct sync_mutex *mutex,
                          lua_Number seconds, lua_KFunction k)
{
    struct task *task = check_task(L);
    if (find_held(task, mutex))
        luaL_error(L, "%s is locked by this task already", mutex->object.what);
    bool is_free = sync_mutex_lock(mutex, task, NULL);
    if (!is_free && seconds == 0)
        return false;
    if (!is_free) {
        struct sync_wait *wait =
            sync_wait_new(L, "mutex:lock", &wait_kind, &mutex->object);
        wait->waiter.item = task;
        if (!sync_mutex_lock(mutex, task, &wait->waiter)) {
            sync_wait_start(wait, seconds);
            lua_yieldk(L, 0, (lua_KContext)wait, k);
        }
        sync_wait_free(wait);
    }
    record_hold(L, mutex, task);
    return true;
}

/* Ends the wait. Returns true if the task holds the mutex now. */
static bool finish_lock_wait(lua_State *L, lua_KContext ctx)
{
    struct sync_wait *wait = (struct sync_wait *)ctx;
    bool is_served = sync_wait_end(wait) == SYNC_WAIT_SERVED;
    struct sync_mutex *mutex =
        container_of(wait->object, struct sync_mutex, object);
    struct task *task = wait->task;
    sync_wait_free(wait);
    if (is_served)
        record_hold(L, mutex, task);
    return is_served;
}

static int push_timeout(lua_State *L)
{
    lua_pushnil(L);
    lua_pushliteral(L, "timeout");
    return 2;
}

/* Pushes the results of mutex:lock: the mutex, to be closed, or nil and a
 * reason. */
static int push_locked(lua_State *L, bool is_locked)
{
    if (!is_locked)
        return push_timeout(L);
    lua_pushvalue(L, 1);
    return 1;
}

static int on_locked(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    return push_locked(L, finish_lock_wait(L, ctx));
}

static int lock_mutex(lua_State *L)
{
    struct sync_mutex *mutex = check_mutex(L);
    lua_Number seconds = sync_check_timeout(L, 2);
    return push_locked(L, lock_or_yield(L, mutex, seconds, on_locked));
}

static int unlock_mutex(lua_State *L)
{
    struct sync_mutex *mutex = check_mutex(L);
    struct held *held = find_held(check_task(L), mutex);
    if (!held)
        return luaL_error(L, "%s is not locked by this task",
                          mutex->object.what);
    unlock_held(held);
    return 0;
}

/* `local held <close> = mutex:lock()` unlocks at the end of the block, unless
 * the mutex has been unlocked before. */
static int close_lock(lua_State *L)
{
    struct sync_mutex *mutex = check_mutex(L);
    struct scheduler *scheduler = scheduler_of(L);
    struct task *task = scheduler ? scheduler_running(scheduler) : NULL;
    struct held *held = task ? find_held(task, mutex) : NULL;
    if (held)
        unlock_held(held);
    return 0;
}

static int on_with_locked(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    finish_lock_wait(L, ctx);
    return sync_handle_call(L);
}

static int with_lock(lua_State *L)
{
    struct sync_mutex *mutex = check_mutex(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lock_or_yield(L, mutex, -1, on_with_locked);
    return sync_handle_call(L);
}

static const luaL_Reg methods[] = {
    {"lock", lock_mutex},     /* waits without limit, or for some seconds */
    {"unlock", unlock_mutex}, /* hands it to the next task */
    {"with", with_lock},      /* holds it while a function runs */
    {NULL, NULL},
};

void mutex_methods_init(lua_State *L)
{
    sync_handle_type(L, TYPE, methods);
    luaL_getmetatable(L, TYPE);
    lua_pushcfunction(L, close_lock);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
}

int mutex_methods_open(lua_State *L)
{
    lua_settop(L, 1);
    sync_handle_open(L, TYPE, &sync_mutex_class, 0, 0);
    return 1;
}
