#include "script/observe.h"

#include <lua.h>

#include "base/clock.h"
#include "sample/hooks/coroutines.h"
#include "sample/tables/frames.h"
#include "sample/session/goroutine_dump.h"
#include "sample/tables/label_values.h"
#include "sample/walk/context.h"
#include "sample/tables/labels.h"
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

/* What a trace says of a task, but for when it ends. */
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

void observe_wait(const struct task *task)
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

/* What it waits for; it may have come, and the task's turn not yet. */
static const char *state_of(const struct task *task)
{
    return list_is_linked(&task->due.in_ready) ? "runnable" : task->reason;
}

struct counting {
    struct tally *tally;
    uint32_t labels; /* of the thread */
};

static void count_coroutine(void *ctx, lua_State *co,
                            const struct coroutine_origin *origin)
{
    (void)origin;
    const struct counting *counting = ctx;
    const struct task *task = *task_slot(co);
    const char *state = coroutine_state(co);
    if (!state || (task && !task->waits))
        return;
    uint32_t labels = task ? task->labels : counting->labels;
    labels = labels_add(labels, "coroutine", task ? "waiting" : state);
    if (task)
        labels = labels_add(labels, "wait",
                            label_values_bound("wait", state_of(task)));
    coroutine_add(co, FRAME_FULL, labels, 1, 0, counting->tally);
}

void observe_count(struct scheduler *scheduler, struct tally *tally)
{
    struct counting counting = {tally, context_labels()};
    c_names_learn(scheduler->L); /* of libraries that came since */
    coroutines_each(scheduler->L, count_coroutine, &counting);
}

void observe_waits(struct scheduler *scheduler,
                   const struct wall_window *window, struct tally *tally)
{
    list_each (struct task, task, &scheduler->tasks, in_scheduler) {
        if (!task->waits)
            continue;
        struct wall_wait wait = wait_of(task);
        wall_add_waiting(window, &wait, tally);
        task->seen = window->end_number;
    }
}

void observe_trace(struct scheduler *scheduler, uint64_t trace)
{
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

struct dumping {
    struct scheduler *scheduler;
    struct goroutine_dump *dump;
};

static void dump_coroutine(void *ctx, lua_State *co,
                           const struct coroutine_origin *origin)
{
    const struct dumping *dumping = ctx;
    const struct task *task = *task_slot(co);
    const char *state = coroutine_state(co);
    if (!state || (task && !task->waits))
        return;
    uint32_t frames[COROUTINE_MAX_FRAMES];
    struct goroutine_info info = {
        .number = origin->number,
        .state = task ? state_of(task) : state,
        .labels = task ? task->labels : context_labels(),
        .maker = origin->maker,
        .frames = frames,
        .n_frames = coroutine_frames(co, frames),
    };
    if (task)
        info.waited_ms =
            (int64_t)(uv_now(dumping->scheduler->loop) - task->since_ms);
    goroutine_dump_add(dumping->dump, &info);
}

void observe_dump(struct scheduler *scheduler, struct goroutine_dump *dump)
{
    struct dumping dumping = {scheduler, dump};
    c_names_learn(scheduler->L); /* of libraries that came since */
    uv_update_time(scheduler->loop);
    coroutines_each(scheduler->L, dump_coroutine, &dumping);
}
