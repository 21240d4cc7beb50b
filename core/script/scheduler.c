/* scheduler.c -- tasks from their first run to their last. */
#include "script/scheduler.h"

#include <lua.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sample/walk/context.h"
#include "sample/hooks/vm_heap.h"
#include "script/call.h"
#include "script/observe.h"
#include "script/ready.h"
#include "script/state.h"
#include "script/task.h"
#include "script/timer.h"

/* Tasks kept for reuse: enough for those that usually wait at the same time.
 * After a burst of more tasks, their memory is freed. */
#define MAX_POOLED 256

/* Its address is the registry's key of the scheduler. */
static const char scheduler_key;

/* stack: scheduler */
static int remember_scheduler(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    observe_track(L);
    return 0;
}

struct scheduler *scheduler_new(lua_State *L, struct err *err)
{
    struct scheduler *scheduler = calloc(1, sizeof *scheduler);
    struct ready *ready = ready_new();
    if (!scheduler || !ready) {
        if (ready)
            ready_close(ready);
        free(scheduler);
        err_set(err, "out of memory for a scheduler");
        return NULL;
    }
    scheduler->L = L;
    scheduler->ready = ready;
    scheduler->timers.scheduler = scheduler;
    scheduler->timers.L = L;
    lua_pushcfunction(L, remember_scheduler);
    lua_pushlightuserdata(L, scheduler);
    if (!script_call(L, 1, 0, err)) {
        ready_close(ready);
        free(scheduler);
        return NULL;
    }
    return scheduler;
}

void scheduler_start(struct scheduler *scheduler, uv_loop_t *loop,
                     struct mailbox *mailbox)
{
    scheduler->loop = loop;
    scheduler->mailbox = mailbox;
    ready_start(scheduler->ready, loop);
    timers_start(&scheduler->timers);
}

void scheduler_stop_timers(struct scheduler *scheduler)
{
    timers_stop(&scheduler->timers);
}

struct scheduler *scheduler_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    struct scheduler *scheduler = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return scheduler;
}

bool scheduler_is_idle(const struct scheduler *scheduler)
{
    return scheduler->n_active == 0 && list_is_empty(&scheduler->timers.list);
}

uv_loop_t *scheduler_loop(const struct scheduler *scheduler)
{
    return scheduler->loop;
}

struct mailbox *scheduler_mailbox(const struct scheduler *scheduler)
{
    return scheduler->mailbox;
}

struct ready *scheduler_ready(struct scheduler *scheduler)
{
    return scheduler->ready;
}

uv_loop_t *task_loop(const struct task *task) { return task->scheduler->loop; }

struct timers *scheduler_timers(struct scheduler *scheduler)
{
    return &scheduler->timers;
}

struct task *scheduler_running(const struct scheduler *scheduler)
{
    return scheduler->running;
}

static void free_closed_task(uv_handle_t *timer) { free(timer->data); }

/* Removes a task that neither runs nor waits. The loop frees its memory. */
static void drop_task(struct task *task)
{
    struct scheduler *scheduler = task->scheduler;
    list_remove(&task->in_scheduler);
    luaL_unref(scheduler->L, LUA_REGISTRYINDEX, task->ref);
    uv_close((uv_handle_t *)&task->timer, free_closed_task);
}

/* stack: task */
static int make_coroutine(lua_State *L)
{
    struct task *task = lua_touserdata(L, 1);
    lua_State *co = lua_newthread(L);
    task->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    task->co = co;
    *task_slot(co) = task;
    return 0;
}

static void wake_due(struct ready_entry *entry)
{
    task_wake(container_of(entry, struct task, due));
}

static struct task *new_task(struct scheduler *scheduler, struct err *err)
{
    struct task *task = calloc(1, sizeof *task);
    if (!task) {
        err_set(err, "out of memory for a task");
        return NULL;
    }
    lua_pushcfunction(scheduler->L, make_coroutine);
    lua_pushlightuserdata(scheduler->L, task);
    if (!script_call(scheduler->L, 1, 0, err)) {
        free(task);
        return NULL;
    }
    task->scheduler = scheduler;
    uv_timer_init(scheduler->loop, &task->timer);
    task->timer.data = task;
    task->due.run = wake_due;
    list_prepend(&scheduler->tasks, &task->in_scheduler);
    return task;
}

struct task *scheduler_take(struct scheduler *scheduler, struct err *err)
{
    struct task *task = scheduler->pool;
    if (!task)
        return new_task(scheduler, err);
    scheduler->pool = task->next_pooled;
    scheduler->n_pooled--;
    task->usage = NULL;
    task->request = NULL;
    return task;
}

void task_release(struct task *task)
{
    struct scheduler *scheduler = task->scheduler;
    lua_settop(task->co, 0);
    if (scheduler->n_pooled == MAX_POOLED) {
        drop_task(task);
        return;
    }
    task->next_pooled = scheduler->pool;
    scheduler->pool = task;
    scheduler->n_pooled++;
}

lua_State *task_stack(const struct task *task) { return task->co; }

uint64_t task_number(const struct task *task) { return task->number; }

uint32_t task_labels(const struct task *task) { return task->labels; }

void task_set_labels(struct task *task, uint32_t labels)
{
    task->labels = labels;
}

void task_set_request(struct task *task, struct context_request *request)
{
    task->request = request;
}

void task_hold(struct task *task, struct task_hold *hold)
{
    list_prepend(&task->holds, &hold->in_task);
}

void task_unhold(struct task_hold *hold) { list_remove(&hold->in_task); }

const struct list *task_holds(const struct task *task) { return &task->holds; }

static void release_holds(struct task *task)
{
    list_each (struct task_hold, hold, &task->holds, in_task) {
        list_remove(&hold->in_task);
        hold->release(hold);
    }
}

static void end_task_wait(struct task *task)
{
    if (task->waits)
        observe_wait_end(task);
    task->waits = false;
}

/* Cancels the wait, so that nothing wakes the task any more. */
static void stop_waiting(struct task *task)
{
    end_task_wait(task);
    if (task->cancel)
        task->cancel(task->cancel_ctx);
    uv_timer_stop(&task->timer);
    ready_remove(&task->due);
}

/* Closes the coroutine, which runs the __close metamethods of its variables,
 * and drops the task. The metamethods may leave the coroutine in any state (by
 * a yield, for example), so the coroutine is not used again. */
static void close_coroutine(struct task *task)
{
    struct scheduler *scheduler = task->scheduler;
    struct task *running = scheduler->running;
    scheduler->running = task;
    lua_resetthread(task->co);
    scheduler->running = running;
    release_holds(task);
    drop_task(task);
}

static struct context context_of(const struct task *task)
{
    return (struct context){task->request, task->labels};
}

void task_abort(struct task *task)
{
    struct context before = context_switch(context_of(task));
    stop_waiting(task);
    task->scheduler->n_active--;
    task_done_fn done = task->done;
    void *ctx = task->ctx;
    close_coroutine(task);
    context_switch(before);
    done(ctx, NULL, NULL);
}

/* Removes the scheduler from the registry, because lua_close runs finalizers,
 * which may ask for it. */
static void forget_scheduler(lua_State *L)
{
    lua_pushnil(L); /* replaces an existing value, which cannot fail */
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scheduler_key);
}

void scheduler_close(struct scheduler *scheduler)
{
    timers_close(&scheduler->timers);
    struct list_link *link;
    while ((link = list_first(&scheduler->tasks))) {
        struct task *task = container_of(link, struct task, in_scheduler);
        if (task->waits)
            task_abort(task);
        else
            drop_task(task);
    }
    forget_scheduler(scheduler->L);
    ready_close(scheduler->ready);
    free(scheduler);
}

/* Ends a task that has returned, or failed with `err`. */
static void finish_task(struct task *task, const struct err *err)
{
    if (!err)
        release_holds(task);
    task->scheduler->running = NULL;
    task->scheduler->n_active--;
    task->done(task->ctx, task->co, err);
    if (err)
        close_coroutine(task);
    else
        task_release(task);
}

void task_account(struct task *task, struct task_usage *usage)
{
    task->usage = usage;
}

static struct task_usage read_usage(const struct scheduler *scheduler)
{
    const struct vm_heap *heap = script_state_heap(scheduler->L);
    return (struct task_usage){
        clock_read_ns(CLOCK_THREAD_CPUTIME_ID),
        atomic_load_explicit(&heap->allocated_bytes, memory_order_relaxed)};
}

/* Resumes the coroutine and counts what it uses, if that is asked for. */
static int resume_task(struct task *task, int nargs, struct err *err)
{
    struct scheduler *scheduler = task->scheduler;
    struct task_usage *usage = task->usage, start = {0}, end;
    int nresults;
    if (usage)
        start = read_usage(scheduler);
    int status = script_resume(task->co, scheduler->L, nargs, &nresults, err);
    if (usage) {
        end = read_usage(scheduler);
        usage->cpu_ns += end.cpu_ns - start.cpu_ns;
        usage->allocated_bytes += end.allocated_bytes - start.allocated_bytes;
    }
    return status;
}

/* Runs the task until it waits or ends. */
static void run_until_wait(struct task *task, int nargs)
{
    struct scheduler *scheduler = task->scheduler;
    struct err err;
    end_task_wait(task);
    struct observed_run observed;
    observe_run_begin(&observed, task);
    scheduler->running = task;
    struct context before = context_switch(context_of(task));
    int status = resume_task(task, nargs, &err);
    if (status == LUA_OK) {
        finish_task(task, NULL);
    } else if (status != LUA_YIELD) {
        finish_task(task, &err);
    } else if (!task->waits) {
        lua_pushnil(task->co); /* the error value */
        err_set(&err, "coroutine.yield outside a coroutine that the script "
                      "made: nothing would resume it");
        finish_task(task, &err);
    }
    context_switch(before);
    scheduler->running = NULL;
    observe_run_end(&observed);
}

void task_start(struct task *task, int nargs, uint32_t labels,
                task_done_fn done, void *ctx)
{
    task->number = ++task->scheduler->n_started;
    task->labels = labels;
    task->done = done;
    task->ctx = ctx;
    task->scheduler->n_active++;
    run_until_wait(task, nargs);
}

struct task *scheduler_running_task(lua_State *L, const char **why)
{
    struct scheduler *scheduler = scheduler_of(L);
    struct task *task = scheduler ? scheduler->running : NULL;
    *why = NULL;
    if (!task)
        *why = "has to wait, which is only possible in a handler of the server";
    else if (task->co != L)
        *why = "has to wait, which is not possible in a coroutine that "
               "the script made";
    else if (!lua_isyieldable(L))
        *why = "has to wait, which is not possible in a function that "
               "string.gsub, table.sort or another C function calls";
    return *why ? NULL : task;
}

void task_wait(struct task *task, const char *reason, void (*cancel)(void *ctx),
               void *ctx)
{
    task->waits = true;
    task->reason = reason;
    task->since_ms = uv_now(task->scheduler->loop);
    observe_wait_begin(task);
    task->cancel = cancel;
    task->cancel_ctx = ctx;
}

void *task_wait_ctx(const struct task *task, void (*cancel)(void *ctx))
{
    return task->waits && task->cancel == cancel ? task->cancel_ctx : NULL;
}

void task_wake(struct task *task) { run_until_wait(task, 0); }

static void on_sleep_over(uv_timer_t *timer)
{
    struct task *task = timer->data;
    ready_add(task->scheduler->ready, &task->due);
}

void task_wake_after(struct task *task, double seconds)
{
    task_wait(task, "sleep", NULL, NULL);
    uv_update_time(task->scheduler->loop); /* the task may have run for long */
    uv_timer_start(&task->timer, on_sleep_over, timer_ms(seconds), 0);
}
