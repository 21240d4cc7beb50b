#include "record/gathering.h"

#include <stddef.h>

#include "script/os_thread.h"

void gathering_init(struct gathering *g,
                    void (*take)(struct gathering *gathering,
                                 struct lua_State *L),
                    void (*free)(struct gathering *gathering))
{
    g->take = take;
    g->free = free;
    atomic_init(&g->n_users, 1);
    atomic_init(&g->n_waiting, 0);
    atomic_init(&g->n_taking, 0);
    atomic_init(&g->has_missed, false);
}

void gathering_hold(struct gathering *g) { atomic_fetch_add(&g->n_users, 1); }

void gathering_release(struct gathering *g)
{
    if (g && atomic_fetch_sub(&g->n_users, 1) == 1)
        g->free(g);
}

void gathering_ask(struct gathering *g)
{
    gathering_hold(g);
    atomic_fetch_add(&g->n_waiting, 1);
}

void gathering_miss(struct gathering *g) { atomic_store(&g->has_missed, true); }

void gathering_take(struct gathering *g, struct lua_State *L)
{
    atomic_fetch_add(&g->n_taking, 1);
    g->take(g, L);
    atomic_fetch_sub(&g->n_taking, 1);
}

void gathering_answer(struct gathering *g)
{
    atomic_fetch_sub(&g->n_waiting, 1);
    gathering_release(g);
}

static void before_thread_answers(void *ctx) { gathering_ask(ctx); }

/* L is NULL if the thread ends before it can answer. */
static void answer_of_thread(void *ctx, struct lua_State *L)
{
    if (L)
        gathering_take(ctx, L);
    gathering_answer(ctx);
}

void gathering_ask_threads(struct gathering *g)
{
    if (!os_threads_ask(before_thread_answers, answer_of_thread, g))
        gathering_miss(g);
}

bool gathering_is_complete(const struct gathering *g)
{
    return atomic_load(&g->n_waiting) == 0;
}

bool gathering_is_whole(const struct gathering *g)
{
    return gathering_is_complete(g) && !atomic_load(&g->has_missed);
}

bool gathering_is_at_work(const struct gathering *g)
{
    return atomic_load(&g->n_taking) > 0;
}
