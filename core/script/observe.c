/* observe.c -- turns tasks and coroutines into what wall.h, trace.h and the
 * kinds of profiles take. */
#include "script/observe.h"

#include <lua.h>

#include "base/clock.h"
#include "sample/hooks/coroutines.h"
#include "sample/walk/context.h"
#include "sample/tables/c_names.h"
#include "sample/session/wall.h"
#include "script/task.h"

static struct wall_wait wait_of(const struct task *task)
{
    return (struct wall_wait){.co = task->co,
                              .labels = task->labels,
                              .request = task->request,
                              .reason = task->reason,
                              .since_ns = task->since_ns,
                              .seen = task->seen};
}

/* Returns an event of the task that has not ended. */
static struct trace_event event_of(const struct task *task,
                                   enum trace_kind kind, int64_t start_ns)
{
    return (struct trace_event){
        .kind = kind,
        .start_ns = start_ns,
        .number = task->request ? task->request->number : (intptr_t)task,
        .is_request = task->request,
        .labels = task->labels,
        .reason = kind == TRACE_WAIT ? task->reason : NULL,
    };
}

void observe_wait_begin(struct task *task)
{
    bool matters = wall_is_open() || trace_is_open();
    task->since_ns = matters ? clock_mono_ns() : 0;
    task->seen = task->traced = 0;
}

void observe_wait_end(const struct task *task)
{
    if (wall_is_open()) {
        struct wall_wait wait = wait_of(task);
        wall_waited(&wait);
    }
    if (trace_is_open()) {
        struct trace_event event = event_of(task, TRACE_WAIT, task->since_ns);
        event.end_ns = clock_mono_ns();
        event.seen = task->traced;
        trace_add(&event);
    }
}

void observe_run_begin(struct observed_run *run, const struct task *task)
{
    run->is_traced = trace_is_open();
    if (run->is_traced)
        run->event = event_of(task, TRACE_RUN, clock_mono_ns());
}

void observe_run_end(struct observed_run *run)
{
    if (!run->is_traced)
        return;
    run->event.end_ns = clock_mono_ns();
    trace_add(&run->event);
}

/* Returns why the task waits, or "runnable" if its timer has fired and the task
 * will run in this turn of the loop. */
static const char *wait_state(const struct task *task)
{
    return list_is_linked(&task->due.in_ready) ? "runnable" : task->reason;
}

void observe_track(lua_State *L)
{
    *task_slot(L) = NULL; /* copied to each coroutine that a script makes */
    coroutines_track(L);
}

struct observing {
    const struct scheduler *scheduler; /* NULL: the state has none */
    uint32_t thread_labels;
    void (*visit)(void *ctx, const struct observed_coroutine *c);
    void *ctx;
};

static void observe_coroutine(void *ctx, lua_State *co,
                              const struct coroutine_origin *origin)
{
    const struct observing *o = ctx;
    const struct task *task = *task_slot(co);
    const char *state = coroutine_state(co);
    if (!state || (task && !task->waits))
        return;
    struct observed_coroutine c = {.co = co,
                                   .origin = origin,
                                   .task = task,
                                   .state = task ? wait_state(task) : state,
                                   .labels =
                                       task ? task->labels : o->thread_labels};
    if (task)
        c.waited_ms = (int64_t)(uv_now(o->scheduler->loop) - task->since_ms);
    o->visit(o->ctx, &c);
}

void observe_coroutines(lua_State *L,
                        void (*visit)(void *ctx,
                                      const struct observed_coroutine *c),
                        void *ctx)
{
    struct observing o = {scheduler_of(L), context_labels(), visit, ctx};
    c_names_learn(L); /* libraries may have been loaded since */
    if (o.scheduler && o.scheduler->loop)
        uv_update_time(o.scheduler->loop);
    coroutines_each(L, observe_coroutine, &o);
}

void observe_waits(lua_State *L, const struct wall_window *window,
                   struct tally *tally)
{
    const struct scheduler *scheduler = scheduler_of(L);
    if (!scheduler)
        return;
    list_each (struct task, task, &scheduler->tasks, in_scheduler) {
        if (!task->waits)
            continue;
        struct wall_wait wait = wait_of(task);
        wall_add_waiting(window, &wait, tally);
        task->seen = window->end_number;
    }
}

void observe_trace(lua_State *L, uint64_t trace)
{
    const struct scheduler *scheduler = scheduler_of(L);
    if (!scheduler)
        return;
    list_each (struct task, task, &scheduler->tasks, in_scheduler) {
        if (!task->waits)
            continue;
        struct trace_event event = event_of(task, TRACE_WAIT, task->since_ns);
        trace_add_to(trace, &event);
        task->traced = trace;
        if (!task->request || task->request->traced == trace)
            continue;
        task->request->traced = trace;
        event = event_of(task, TRACE_REQUEST, task->request->number);
        trace_add_to(trace, &event);
    }
}
