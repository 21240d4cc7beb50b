/* os_thread.c -- the life of spawned threads.
 *
 * A thread frees its own struct at its end. Others reach it only through the
 * list, under the lock, so a thread takes itself out of the list before it
 * closes its mailbox.
 */
#include "script/os_thread.h"

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "sample/walk/attach.h"
#include "sample/walk/context.h"
#include "script/call.h"
#include "script/scheduler.h"
#include "script/state.h"
#include "script/value.h"

struct os_thread {
    struct list_link in_threads;   /* [lock] */
    const struct scheduler *owner; /* only compared, never followed */
    const luaL_Reg *modules;
    struct buf work;     /* of os_thread_spawn, until the task has started */
    bool stop_is_posted; /* [lock] */
    struct mailbox_message stop_message;
    uv_loop_t loop;
    struct mailbox mailbox; /* others post while the thread is in the list,
                               under the lock */
    atomic_int n_questions; /* posted and not answered */
    /* Used by the thread itself only. */
    lua_State *L; /* NULL: questions are answered with NULL */
    struct task *task;
};

/* Guards the list and n_running. No other lock is taken inside, but for those
 * that a fork holds (core/sync/object.c, base/signals.c). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static struct list threads;
static unsigned n_running;

/* A forked child has none of the threads. */
static void lock_threads(void) { pthread_mutex_lock(&lock); }

static void unlock_threads(void) { pthread_mutex_unlock(&lock); }

static void forget_threads(void)
{
    threads = (struct list){0};
    n_running = 0;
    unlock_threads();
}

static __attribute__((constructor)) void hold_threads_in_fork(void)
{
    pthread_atfork(lock_threads, unlock_threads, forget_threads);
}

static void log_thread_failure(const struct err *err)
{
    log_write(LOG_ERROR, "thread_failed",
              LOG_FIELDS(log_text("error", err->message)));
}

static void on_thread_task_done(void *ctx, lua_State *co,
                                const struct err *failure)
{
    struct os_thread *t = ctx;
    t->task = NULL;
    if (co && failure)
        log_thread_failure(failure);
    uv_stop(&t->loop);
}

static void stop_thread_task(struct mailbox_message *message)
{
    struct os_thread *t = container_of(message, struct os_thread, stop_message);
    if (t->task)
        task_abort(t->task);
}

static void set_package_field(lua_State *L, int work, const char *name)
{
    lua_getglobal(L, "package");
    lua_getfield(L, work, name);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Pushes the function and its arguments onto the task's stack. stack: thread,
 * task -> number of arguments */
static int push_thread_call(lua_State *L)
{
    struct os_thread *t = lua_touserdata(L, 1);
    lua_State *to = task_stack(lua_touserdata(L, 2));
    value_read(L, t->work.data);
    int work = lua_gettop(L);
    set_package_field(L, work, "path");
    set_package_field(L, work, "cpath");
    lua_getfield(L, work, "code");
    size_t n_bytes;
    const char *code = lua_tolstring(L, -1, &n_bytes);
    if (luaL_loadbufferx(L, code, n_bytes, "thread", "b") != LUA_OK)
        lua_error(L);
    lua_getfield(L, work, "n");
    int n = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, n, NULL);
    if (!lua_checkstack(to, n + 1))
        return luaL_error(L, "too many arguments");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, work, i);
    lua_xmove(L, to, n + 1);
    lua_pushinteger(L, n);
    return 1;
}

static bool start_task(struct os_thread *t, struct scheduler *scheduler,
                       struct err *err)
{
    struct task *task = scheduler_take(scheduler, err);
    if (!task)
        return false;
    lua_pushcfunction(t->L, push_thread_call);
    lua_pushlightuserdata(t->L, t);
    lua_pushlightuserdata(t->L, task);
    if (!script_call(t->L, 2, 1, err)) {
        task_release(task);
        return false;
    }
    int n = (int)lua_tointeger(t->L, -1);
    lua_pop(t->L, 1);
    buf_fini(&t->work);
    t->task = task;
    task_start(task, n, context_labels(), on_thread_task_done, t);
    return true;
}

static void unlink_thread(struct os_thread *t)
{
    pthread_mutex_lock(&lock);
    list_remove(&t->in_threads);
    pthread_mutex_unlock(&lock);
}

/* Runs the function in the thread's state. Returns false and sets err if it
 * cannot be started. */
static bool run_state(struct os_thread *t, struct err *err)
{
    struct scheduler *scheduler = scheduler_new(t->L, err);
    if (!scheduler)
        return false;
    scheduler_start(scheduler, &t->loop, &t->mailbox);
    bool ok = start_task(t, scheduler, err);
    if (ok)
        uv_run(&t->loop, UV_RUN_DEFAULT);
    unlink_thread(t);
    os_threads_stop(scheduler);
    scheduler_close(scheduler);
    return ok;
}

/* Closes the mailbox of a thread that is in the list no more, and lets the loop
 * close its handles. */
static void close_loop(struct os_thread *t)
{
    mailbox_close(&t->mailbox);
    uv_run(&t->loop, UV_RUN_DEFAULT);
}

static void run_attached(struct os_thread *t)
{
    struct err err;
    lua_State *L = t->L = script_state_new(NULL, t->modules, &err);
    if (!L)
        unlink_thread(t);
    if (!L || !run_state(t, &err))
        log_thread_failure(&err);
    t->L = NULL; /* questions that are still in the mailbox get NULL */
    close_loop(t);
    if (L)
        script_state_free(L);
}

static void free_thread(struct os_thread *t)
{
    uv_loop_close(&t->loop);
    buf_fini(&t->work);
    free(t);
    pthread_mutex_lock(&lock);
    n_running--;
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
}

static void *run_os_thread(void *ctx)
{
    struct os_thread *t = ctx;
    struct err err;
    pthread_setname_np(pthread_self(), "lua");
    if (attach_thread(NULL, &err)) {
        run_attached(t);
        detach_thread();
    } else {
        log_thread_failure(&err);
        unlink_thread(t);
        close_loop(t);
    }
    free_thread(t);
    return NULL;
}

static bool count_one_more(struct err *err)
{
    pthread_mutex_lock(&lock);
    bool ok = n_running < OS_THREADS_MAX;
    n_running += ok;
    pthread_mutex_unlock(&lock);
    return ok || err_set(err, "%d threads run already, which is the limit",
                         OS_THREADS_MAX);
}

/* Makes the struct of a thread that does not run yet. Returns NULL and sets err
 * if out of memory. */
static struct os_thread *new_thread(struct err *err)
{
    struct os_thread *t = calloc(1, sizeof *t);
    if (!t || uv_loop_init(&t->loop) != 0) {
        free(t);
        err_set(err, "out of memory for a thread");
        return NULL;
    }
    t->stop_message.deliver = stop_thread_task;
    if (mailbox_open(&t->mailbox, &t->loop, err))
        return t;
    uv_loop_close(&t->loop);
    free(t);
    return NULL;
}

static void link_thread(struct os_thread *t)
{
    pthread_mutex_lock(&lock);
    list_prepend(&threads, &t->in_threads);
    pthread_mutex_unlock(&lock);
}

static int create_detached(struct os_thread *t)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, run_os_thread, t);
    pthread_attr_destroy(&attributes);
    return failed;
}

bool os_thread_spawn(const struct scheduler *owner, const luaL_Reg *modules,
                     struct buf *work, struct err *err)
{
    if (!count_one_more(err))
        return false;
    struct os_thread *t = new_thread(err);
    if (!t) {
        pthread_mutex_lock(&lock);
        n_running--;
        pthread_mutex_unlock(&lock);
        return false;
    }
    t->owner = owner;
    t->modules = modules;
    t->work = *work;
    *work = BUF_INIT;
    link_thread(t);
    int failed = create_detached(t);
    if (!failed)
        return true;
    unlink_thread(t);
    close_loop(t);
    free_thread(t);
    return err_set(err, "cannot start a thread: %s", strerror(failed));
}

void os_threads_stop(const struct scheduler *owner)
{
    pthread_mutex_lock(&lock);
    list_each (struct os_thread, t, &threads, in_threads) {
        if (t->owner != owner || t->stop_is_posted)
            continue;
        t->stop_is_posted = true;
        mailbox_post(&t->mailbox, &t->stop_message);
    }
    pthread_mutex_unlock(&lock);
}

bool os_threads_join(int64_t timeout_ns)
{
    int64_t end_ns = clock_wall_ns() + timeout_ns;
    const struct timespec until = {.tv_sec = end_ns / 1000000000,
                                   .tv_nsec = end_ns % 1000000000};
    int status = 0;
    pthread_mutex_lock(&lock);
    while (n_running > 0 && status == 0)
        status = pthread_cond_timedwait(&ended, &lock, &until);
    bool done = n_running == 0;
    pthread_mutex_unlock(&lock);
    return done;
}

/* A question on its way to a thread. */
struct question {
    struct mailbox_message message;
    struct os_thread *thread;
    os_thread_answer_fn answer;
    void *ctx;
};

static void on_question(struct mailbox_message *message)
{
    struct question *q = container_of(message, struct question, message);
    atomic_fetch_sub(&q->thread->n_questions, 1);
    q->answer(q->ctx, q->thread->L);
    free(q);
}

bool os_threads_ask(void (*before_each)(void *ctx), os_thread_answer_fn answer,
                    void *ctx)
{
    bool are_all_asked = true;
    pthread_mutex_lock(&lock);
    list_each (struct os_thread, t, &threads, in_threads) {
        bool may_ask = atomic_load(&t->n_questions) < OS_THREAD_MAX_QUESTIONS;
        struct question *q = may_ask ? malloc(sizeof *q) : NULL;
        if (!q) {
            are_all_asked = false;
            continue;
        }
        atomic_fetch_add(&t->n_questions, 1);
        *q = (struct question){{.deliver = on_question}, t, answer, ctx};
        before_each(ctx);
        mailbox_post(&t->mailbox, &q->message);
    }
    pthread_mutex_unlock(&lock);
    return are_all_asked;
}
