/* profile_kind_goroutine.c -- what each coroutine and each thread does at one
 * moment.
 *
 * A question to all states (gathering.h) finds the coroutines that do not run.
 * The stacks of the threads (session_probe) show what runs, also in workers
 * that are stuck and do not answer the question. With debug=2 each coroutine
 * and thread is written by itself. */
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "profile/profile.h"
#include "record/gathering.h"
#include "record/recording.h"
#include "sample/build/tally_profile.h"
#include "sample/hooks/coroutines.h"
#include "sample/session/goroutine_dump.h"
#include "sample/session/session.h"
#include "sample/tables/frames.h"
#include "sample/tables/label_values.h"
#include "sample/tables/labels.h"
#include "sample/tables/stacks.h"
#include "sample/tables/tally.h"
#include "script/observe.h"

struct goroutines {
    struct gathering gathering;
    struct tally tally;
    struct goroutine_dump dump; /* used instead of the tally by debug=2 */
};

/* Labels: `coroutine` is its state, `wait` is what a task waits for. */
static void count_coroutine(void *ctx, const struct observed_coroutine *c)
{
    struct goroutines *g = ctx;
    uint32_t labels =
        labels_add(c->labels, "coroutine", c->task ? "waiting" : c->state);
    if (c->task)
        labels =
            labels_add(labels, "wait", label_values_bound("wait", c->state));
    coroutine_add(c->co, FRAME_FULL, labels, 1, 0, &g->tally);
}

static struct goroutines *goroutines_of(struct gathering *gathering)
{
    return container_of(gathering, struct goroutines, gathering);
}

static void take_counts(struct gathering *gathering, struct lua_State *L)
{
    observe_coroutines(L, count_coroutine, goroutines_of(gathering));
}

static void dump_coroutine(void *ctx, const struct observed_coroutine *c)
{
    struct goroutines *g = ctx;
    uint32_t frames[COROUTINE_MAX_FRAMES];
    const struct goroutine_info info = {
        .number = c->origin->number,
        .state = c->state,
        .waited_ms = c->waited_ms,
        .labels = c->labels,
        .maker = c->origin->maker,
        .frames = frames,
        .n_frames = coroutine_frames(c->co, frames),
    };
    goroutine_dump_add(&g->dump, &info);
}

static void take_dump(struct gathering *gathering, struct lua_State *L)
{
    observe_coroutines(L, dump_coroutine, goroutines_of(gathering));
}

static void free_goroutines(struct gathering *gathering)
{
    struct goroutines *g = goroutines_of(gathering);
    tally_fini(&g->tally);
    pthread_mutex_destroy(&g->tally.lock);
    goroutine_dump_fini(&g->dump);
    free(g);
}

static struct gathering *ask_for_coroutines(struct recording *r)
{
    struct goroutines *g = r->gathering ? NULL : calloc(1, sizeof *g);
    if (!g)
        return NULL;
    gathering_init(&g->gathering, r->plan->is_written ? take_dump : take_counts,
                   free_goroutines);
    pthread_mutex_init(&g->tally.lock, NULL);
    goroutine_dump_init(&g->dump);
    return &g->gathering;
}

/* Counts the threads too and takes all that was counted. The caller frees it.
 * Returns NULL if out of memory. */
static struct tally_snapshot *take_all(struct recording *r)
{
    struct stacks *threads = r->gathering ? session_probe(NULL) : NULL;
    if (!threads)
        return NULL;
    struct goroutines *g = goroutines_of(r->gathering);
    for (uint32_t i = 0; i < stacks_n(threads); i++) {
        struct stack_entry stack = stacks_get(threads, i);
        tally_add(&g->tally, stack.frames, stack.n_frames, stack.labels,
                  stack.count, 0);
    }
    stacks_free(threads);
    return tally_snapshot_take(&g->tally);
}

static struct profile *build_goroutine(struct recording *r, struct err *err)
{
    struct profile *profile =
        profile_kind_empty(r->plan->kind, r->start_ns, r->plan->wait_ns, err);
    struct tally_snapshot *all = profile ? take_all(r) : NULL;
    bool ok = all ? tally_profile_add(profile, all, NULL, err)
                  : err_set(err, "out of memory for a profile");
    free(all);
    if (ok)
        return profile;
    profile_free(profile);
    return NULL;
}

static bool write_dump(struct recording *r, struct buf *text, struct err *err)
{
    struct buf threads = BUF_INIT;
    struct stacks *stacks = r->gathering ? session_probe(&threads) : NULL;
    bool ok = stacks ? goroutine_dump_write(&goroutines_of(r->gathering)->dump,
                                            stacks, &threads, text, err)
                     : err_set(err, "out of memory for a dump");
    stacks_free(stacks);
    buf_fini(&threads);
    return ok;
}

static int64_t count_goroutines(struct recording *r)
{
    struct tally_snapshot *all = take_all(r);
    if (!all)
        return -1;
    int64_t number = all->overflow.count;
    for (uint32_t i = 0; i < all->n; i++)
        number += all->entries[i].count;
    free(all);
    return number;
}

const struct profile_kind profile_kind_goroutine = {
    .name = "goroutine",
    .endpoint = "goroutine",
    .description = "Stacks of all coroutines and threads",
    .span = PROFILE_KIND_MOMENT,
    .parameters = PROFILE_TAKES_FULL_TEXT,
    .sample_types = {{"goroutine", "count"}},
    .period_type = {"goroutine", "count"},
    .period = 1,
    .shown_type = "goroutine",
    .written_content_type = "text/plain; charset=utf-8",
    .end = ask_for_coroutines,
    .build = build_goroutine,
    .write = write_dump,
    .count = count_goroutines,
};
