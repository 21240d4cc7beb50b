#include "record/goroutines.h"

#include <stdlib.h>

#include "sample/session/session.h"
#include "sample/tables/stacks.h"
#include "sample/build/tally_profile.h"
#include "script/observe.h"

struct goroutines *goroutines_new(enum goroutines_wanted wanted)
{
    struct goroutines *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    pthread_mutex_init(&g->tally.lock, NULL);
    atomic_init(&g->n_users, 1);
    g->wanted = wanted;
    goroutine_dump_init(&g->dump);
    return g;
}

void goroutines_release(struct goroutines *g)
{
    if (!g || atomic_fetch_sub(&g->n_users, 1) > 1)
        return;
    tally_fini(&g->tally);
    goroutine_dump_fini(&g->dump);
    pthread_mutex_destroy(&g->tally.lock);
    free(g);
}

void goroutines_count(struct goroutines *g, struct scheduler *scheduler)
{
    switch (g->wanted) {
    case GOROUTINES_COUNTS:
        observe_count(scheduler, &g->tally);
        break;
    case GOROUTINES_WAITS:
        observe_waits(scheduler, &g->window, &g->tally);
        break;
    case GOROUTINES_TRACE:
        observe_trace(scheduler, g->trace);
        break;
    case GOROUTINES_DUMP:
        observe_dump(scheduler, &g->dump);
        break;
    }
}

void goroutines_ask(struct goroutines *g)
{
    atomic_fetch_add(&g->n_users, 1);
    atomic_fetch_add(&g->n_waiting, 1);
}

void goroutines_answer(struct goroutines *g)
{
    atomic_fetch_sub(&g->n_waiting, 1);
    goroutines_release(g);
}

bool goroutines_are_counted(const struct goroutines *g)
{
    return atomic_load(&g->n_waiting) == 0;
}

static bool add_threads(struct goroutines *g)
{
    struct stacks *threads = session_probe(NULL);
    if (!threads)
        return false;
    for (uint32_t i = 0; i < stacks_n(threads); i++) {
        struct stack_entry stack = stacks_get(threads, i);
        tally_add(&g->tally, stack.frames, stack.n_frames, stack.labels,
                  stack.count, 0);
    }
    stacks_free(threads);
    return true;
}

bool goroutines_add_to(struct goroutines *g, struct profile *profile,
                       struct err *err)
{
    struct tally_snapshot *all =
        add_threads(g) ? tally_snapshot_take(&g->tally) : NULL;
    if (!all)
        return err_set(err, "out of memory for a profile");
    bool ok = tally_profile_add(profile, all, NULL, err);
    free(all);
    return ok;
}

int64_t goroutines_number(struct goroutines *g)
{
    struct tally_snapshot *all =
        add_threads(g) ? tally_snapshot_take(&g->tally) : NULL;
    if (!all)
        return -1;
    int64_t number = all->overflow.count;
    for (uint32_t i = 0; i < all->n; i++)
        number += all->entries[i].count;
    free(all);
    return number;
}

bool goroutines_write(struct goroutines *g, struct buf *text, struct err *err)
{
    struct buf threads = BUF_INIT;
    struct stacks *stacks = session_probe(&threads);
    bool ok = stacks
                  ? goroutine_dump_write(&g->dump, stacks, &threads, text, err)
                  : err_set(err, "out of memory for a dump");
    stacks_free(stacks);
    buf_fini(&threads);
    return ok;
}
