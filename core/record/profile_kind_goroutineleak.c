/* profile_kind_goroutineleak.c -- tasks that wait for a shared object and that
 * no live code can wake. Go's goroutineleak profile has goroutines that wait
 * so.
 *
 * A task is stuck if it waits in an object's queue without a time limit. A
 * stuck task leaks unless something live can wake it:
 *
 *   mutex                its owner can, if the owner does not leak itself
 *   channel, semaphore   any code that has the object open can: a value that
 *                        its Lua state reaches without the stacks of stuck
 *                        tasks, or the stack of a stuck task that does not leak
 *
 * So the profile has deadlocks, and tasks that wait for tasks that leak. It
 * does not know of code that will open the object by its name later.
 *
 * All states are asked three questions: which tasks are stuck, which objects
 * the state reaches (reach.h), and which of those tasks are still in the same
 * wait. The states answer at different moments, which does no harm:
 *
 *   - No code hands a handle to another state, and a stuck task drops none. So
 *     an object that no state reaches, each at its moment, is not reached
 *     afterwards either, and the third answer shows that its waiter was not
 *     woken before.
 *   - The third answer names the owners of mutexes. An owner that was stuck
 *     from the first answer to the third cannot have got the mutex in between.
 *
 * A state that does not answer counts as live, with all objects open.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "profile/profile.h"
#include "record/gathering.h"
#include "record/recording.h"
#include "sample/build/tally_profile.h"
#include "sample/hooks/coroutines.h"
#include "sample/tables/frames.h"
#include "sample/tables/label_values.h"
#include "sample/tables/labels.h"
#include "sample/tables/tally.h"
#include "script/observe.h"
#include "script/reach.h"
#include "script/sync_wait.h"
#include "sync/object.h"

enum phase { FIND_STUCK, FIND_REACHED, CHECK_STUCK };

struct stuck_task {
    const struct lua_State *co;
    const struct task *task;
    struct endless_wait wait; /* the owner is that of the last answer */
    bool leaks;               /* as far as is known */
    uint32_t labels, n_frames;
    size_t frames_at; /* in search->frames */
};

/* An object that a stuck task waits for. */
struct awaited_object {
    struct sync_object *object;
    bool is_live; /* as far as is known: live code has it open */
};

/* A stuck task's stack has a handle of the object; the rest of the state has
 * none. */
struct stack_reach {
    const struct stuck_task *task;
    struct awaited_object *object;
};

struct search {
    struct gathering gathering;
    pthread_mutex_t lock; /* guards the rest. After FIND_STUCK the tasks and
                             objects stay in place, and are found without it */
    enum phase phase;
    bool is_partial;    /* a state has not answered */
    struct buf tasks;   /* of struct stuck_task, after FIND_STUCK by `co` */
    struct buf frames;  /* ids of frames.h */
    struct buf objects; /* of struct awaited_object, after FIND_STUCK sorted */
    struct buf stacks;  /* of struct stack_reach */
};

static struct search *search_of(struct gathering *gathering)
{
    return container_of(gathering, struct search, gathering);
}

static struct stuck_task *get_tasks(const struct search *s, size_t *n)
{
    *n = s->tasks.len / sizeof(struct stuck_task);
    return (struct stuck_task *)s->tasks.data;
}

static struct awaited_object *get_objects(const struct search *s, size_t *n)
{
    *n = s->objects.len / sizeof(struct awaited_object);
    return (struct awaited_object *)s->objects.data;
}

static int compare_pointers(const void *a, const void *b)
{
    const void *const *first = a, *const *second = b;
    return (*first > *second) - (*first < *second);
}

/* Sorts the items of a buffer, or finds one, by the pointer that each begins
 * with. */
static void sort_by_pointer(struct buf *items, size_t size)
{
    if (items->len > 0)
        qsort(items->data, items->len / size, size, compare_pointers);
}

static void *find_by_pointer(const struct buf *items, size_t size,
                             const void *pointer)
{
    return items->len > 0 ? bsearch(&pointer, items->data, items->len / size,
                                    size, compare_pointers)
                          : NULL;
}

/* --- the answers of a state [its thread] --------------------------------- */

/* [lock] */
static void add_stuck_task(struct search *s, struct stuck_task *task,
                           const uint32_t *frames)
{
    const struct awaited_object object = {.object = task->wait.object};
    size_t n_bytes = task->n_frames * sizeof *frames;
    if (!buf_reserve(&s->frames, n_bytes) ||
        !buf_reserve(&s->tasks, sizeof *task) ||
        !buf_reserve(&s->objects, sizeof object)) {
        s->is_partial = true;
        return;
    }
    task->frames_at = s->frames.len;
    buf_append(&s->frames, frames, n_bytes);
    buf_append(&s->tasks, task, sizeof *task);
    buf_append(&s->objects, &object, sizeof object);
    sync_object_ref(object.object);
}

static void note_stuck_task(void *ctx, const struct observed_coroutine *c)
{
    struct search *s = ctx;
    uint32_t frames[COROUTINE_MAX_FRAMES];
    struct stuck_task task = {.co = c->co, .task = c->task};
    if (!c->task || !sync_wait_is_endless(c->task, &task.wait))
        return;
    task.n_frames = coroutine_frames(c->co, frames);
    task.labels = labels_add(c->labels, "coroutine", "waiting");
    task.labels =
        labels_add(task.labels, "wait", label_values_bound("wait", c->state));
    pthread_mutex_lock(&s->lock);
    if (s->phase == FIND_STUCK) /* else it is too late */
        add_stuck_task(s, &task, frames);
    pthread_mutex_unlock(&s->lock);
}

static struct stuck_task *find_task(const struct search *s,
                                    const struct lua_State *co)
{
    return find_by_pointer(&s->tasks, sizeof(struct stuck_task), co);
}

/* Returns the stuck task if the coroutine is in the same wait still. */
static struct stuck_task *find_same_wait(const struct search *s,
                                         const struct observed_coroutine *c,
                                         struct endless_wait *now)
{
    struct stuck_task *task = c->task ? find_task(s, c->co) : NULL;
    return task && sync_wait_is_endless(c->task, now) &&
                   now->object == task->wait.object &&
                   now->since_ns == task->wait.since_ns
               ? task
               : NULL;
}

/* For FIND_REACHED: what one state has. */
struct reaching {
    struct search *search;
    struct buf stuck; /* of struct lua_State *, those that are stuck still */
};

static void note_still_stuck(void *ctx, const struct observed_coroutine *c)
{
    struct reaching *r = ctx;
    struct endless_wait now;
    if (find_same_wait(r->search, c, &now))
        buf_append(&r->stuck, &c->co, sizeof c->co);
}

static bool is_stuck(void *ctx, struct lua_State *co)
{
    const struct reaching *r = ctx;
    return find_by_pointer(&r->stuck, sizeof co, co);
}

static void note_reached(void *ctx, struct lua_State *by,
                         struct sync_object *object)
{
    const struct reaching *r = ctx;
    struct search *s = r->search;
    struct stack_reach stack = {
        by ? find_task(s, by) : NULL,
        find_by_pointer(&s->objects, sizeof(struct awaited_object), object),
    };
    if (!stack.object)
        return; /* nobody waits for it */
    pthread_mutex_lock(&s->lock);
    if (by)
        buf_append(&s->stacks, &stack, sizeof stack);
    else
        stack.object->is_live = true;
    pthread_mutex_unlock(&s->lock);
}

static void take_reached(struct search *s, struct lua_State *L)
{
    struct reaching r = {.search = s};
    const struct reach reach = {is_stuck, note_reached, &r};
    struct err err;
    observe_coroutines(L, note_still_stuck, &r);
    sort_by_pointer(&r.stuck, sizeof(struct lua_State *));
    bool ok = reach_run(&reach, L, &err);
    buf_fini(&r.stuck);
    pthread_mutex_lock(&s->lock);
    if (!ok || s->stacks.failed)
        s->is_partial = true;
    pthread_mutex_unlock(&s->lock);
}

static void check_stuck_task(void *ctx, const struct observed_coroutine *c)
{
    struct search *s = ctx;
    struct endless_wait now;
    struct stuck_task *task = find_same_wait(s, c, &now);
    if (!task)
        return;
    pthread_mutex_lock(&s->lock);
    task->wait.owner = now.owner;
    task->leaks = true; /* unless evaluate finds who wakes it */
    pthread_mutex_unlock(&s->lock);
}

static void take_answer(struct gathering *gathering, struct lua_State *L)
{
    struct search *s = search_of(gathering);
    pthread_mutex_lock(&s->lock);
    enum phase phase = s->phase;
    pthread_mutex_unlock(&s->lock);
    if (phase == FIND_STUCK)
        observe_coroutines(L, note_stuck_task, s);
    else if (phase == FIND_REACHED)
        take_reached(s, L);
    else
        observe_coroutines(L, check_stuck_task, s);
}

/* --- the recording ------------------------------------------------------- */

static void free_search(struct gathering *gathering)
{
    struct search *s = search_of(gathering);
    size_t n;
    const struct stuck_task *tasks = get_tasks(s, &n);
    for (size_t i = 0; i < n; i++)
        sync_object_close(tasks[i].wait.object);
    buf_fini(&s->tasks);
    buf_fini(&s->frames);
    buf_fini(&s->objects);
    buf_fini(&s->stacks);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct gathering *ask_who_is_stuck(void)
{
    struct search *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    gathering_init(&s->gathering, take_answer, free_search);
    pthread_mutex_init(&s->lock, NULL);
    return &s->gathering;
}

/* Sorts the objects, and removes those that are there twice because two tasks
 * wait for them. [lock] */
static void prepare_objects(struct search *s)
{
    size_t n, n_kept = 0;
    struct awaited_object *objects = get_objects(s, &n);
    sort_by_pointer(&s->objects, sizeof *objects);
    for (size_t i = 0; i < n; i++)
        if (n_kept == 0 || objects[n_kept - 1].object != objects[i].object)
            objects[n_kept++] = objects[i];
    s->objects.len = n_kept * sizeof *objects;
}

/* Going through the states is in vain if all objects have owners, or if one
 * state is unknown. [lock] */
static bool is_reach_needed(const struct search *s)
{
    size_t n;
    const struct awaited_object *objects = get_objects(s, &n);
    for (size_t i = 0; !s->is_partial && i < n; i++)
        if (!objects[i].object->class->owner)
            return true;
    return false;
}

/* Returns the question of the next phase, NULL after the last one. All phases
 * share one gathering. */
static struct gathering *ask_next(struct recording *r)
{
    if (!r->gathering)
        return ask_who_is_stuck();
    struct search *s = search_of(r->gathering);
    bool is_over = true;
    pthread_mutex_lock(&s->lock);
    s->is_partial = s->is_partial || !gathering_is_whole(r->gathering);
    if (s->phase == FIND_STUCK && s->tasks.len > 0) {
        sort_by_pointer(&s->tasks, sizeof(struct stuck_task));
        prepare_objects(s);
        s->phase = is_reach_needed(s) ? FIND_REACHED : CHECK_STUCK;
        is_over = false;
    } else if (s->phase == FIND_REACHED) {
        s->phase = CHECK_STUCK;
        is_over = false;
    }
    pthread_mutex_unlock(&s->lock);
    if (is_over)
        return NULL;
    gathering_hold(&s->gathering); /* recording_end releases the last one */
    return &s->gathering;
}

/* For finding a stuck task by its struct task. */
struct owner {
    const struct task *task;
    const struct stuck_task *stuck;
};

static bool can_be_woken(const struct search *s, const struct buf *owners,
                         const struct stuck_task *task)
{
    const struct sync_object *object = task->wait.object;
    if (object->class->owner) {
        const struct owner *owner =
            find_by_pointer(owners, sizeof(struct owner), task->wait.owner);
        return !owner || !owner->stuck->leaks;
    }
    const struct awaited_object *awaited =
        find_by_pointer(&s->objects, sizeof *awaited, object);
    return s->is_partial || awaited->is_live;
}

/* Marks the objects that live tasks have open, and the tasks that something
 * live can wake. Returns true if that may have made more of them live. [lock]
 */
static bool spread_life(struct search *s, const struct buf *owners)
{
    size_t n_tasks, n_stacks = s->stacks.len / sizeof(struct stack_reach);
    struct stuck_task *tasks = get_tasks(s, &n_tasks);
    struct stack_reach *stacks = (struct stack_reach *)s->stacks.data;
    bool has_changed = false;
    for (size_t i = 0; i < n_stacks; i++)
        if (!stacks[i].task->leaks)
            stacks[i].object->is_live = true;
    for (size_t i = 0; i < n_tasks; i++)
        if (tasks[i].leaks && can_be_woken(s, owners, &tasks[i])) {
            tasks[i].leaks = false;
            has_changed = true;
        }
    return has_changed;
}

/* [lock] */
static bool evaluate(struct search *s)
{
    size_t n;
    const struct stuck_task *tasks = get_tasks(s, &n);
    struct buf owners = BUF_INIT;
    for (size_t i = 0; i < n; i++) {
        const struct owner owner = {tasks[i].task, &tasks[i]};
        buf_append(&owners, &owner, sizeof owner);
    }
    bool ok = !owners.failed;
    sort_by_pointer(&owners, sizeof(struct owner));
    while (ok && spread_life(s, &owners))
        ;
    buf_fini(&owners);
    return ok;
}

/* [lock] */
static void count_leaks(const struct search *s, struct tally *tally)
{
    size_t n;
    const struct stuck_task *tasks = get_tasks(s, &n);
    const uint32_t *frames = (const uint32_t *)s->frames.data;
    for (size_t i = 0; i < n; i++)
        if (tasks[i].leaks)
            tally_add(tally, frames + tasks[i].frames_at / sizeof *frames,
                      tasks[i].n_frames, tasks[i].labels, 1, 0);
}

/* The lock is not held while symbols are looked up, which may take long: a
 * thread that answers late would wait. */
static bool add_leaks(struct search *s, struct profile *profile,
                      struct err *err)
{
    struct tally tally = TALLY_INIT;
    pthread_mutex_lock(&s->lock);
    bool ok = evaluate(s), is_partial = s->is_partial;
    count_leaks(s, &tally);
    pthread_mutex_unlock(&s->lock);
    struct tally_snapshot *all = ok ? tally_snapshot_take(&tally) : NULL;
    ok = all ? tally_profile_add(profile, all, NULL, err)
             : err_set(err, "out of memory for a profile");
    if (is_partial)
        profile_add_comment(profile, "a Lua state did not answer: it counts as "
                                     "live, and as having all objects open");
    free(all);
    tally_fini(&tally);
    return ok;
}

static struct profile *build_goroutineleak(struct recording *r, struct err *err)
{
    struct profile *profile =
        profile_kind_empty(r->plan->kind, r->start_ns, r->plan->wait_ns, err);
    if (profile && r->gathering &&
        add_leaks(search_of(r->gathering), profile, err))
        return profile;
    profile_free(profile);
    err_set(err, "out of memory for a profile");
    return NULL;
}

const struct profile_kind profile_kind_goroutineleak = {
    .name = "goroutineleak",
    .endpoint = "goroutineleak",
    .description = "Stacks of coroutines that nothing can wake any more",
    .span = PROFILE_KIND_MOMENT,
    .sample_types = {{"goroutineleak", "count"}},
    .period_type = {"goroutineleak", "count"},
    .period = 1,
    .shown_type = "goroutineleak",
    .end = ask_next,
    .build = build_goroutineleak,
};
