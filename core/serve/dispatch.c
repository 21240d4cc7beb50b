#include "serve/dispatch.h"

#include <stdlib.h>

#include "serve/worker.h"

/* Without an event waited for in so long. A worker under full load may not wait
 * either, and is rightly given less. */
#define STUCK_NS INT64_C(200000000)

struct dispatch_target {
    struct worker *worker;
    int64_t idle_ns;  /* as last seen */
    int64_t moved_ns; /* when that was seen to have grown */
};

bool dispatch_init(struct dispatch *d, int n)
{
    d->n = 0;
    d->targets = calloc((size_t)n, sizeof *d->targets);
    return d->targets;
}

void dispatch_fini(struct dispatch *d) { free(d->targets); }

void dispatch_add(struct dispatch *d, struct worker *worker)
{
    d->targets[d->n++] =
        (struct dispatch_target){.worker = worker, .idle_ns = -1};
}

void dispatch_look(struct dispatch *d, int64_t now_ns)
{
    for (int i = 0; i < d->n; i++) {
        struct dispatch_target *t = &d->targets[i];
        int64_t idle_ns = worker_idle_ns(t->worker);
        if (idle_ns != t->idle_ns)
            t->moved_ns = now_ns;
        t->idle_ns = idle_ns;
    }
}

static bool is_stuck(const struct dispatch_target *t, int64_t now_ns)
{
    return now_ns - t->moved_ns > STUCK_NS;
}

static bool is_better(const struct dispatch_target *a,
                      const struct dispatch_target *b, int64_t now_ns)
{
    bool a_is_stuck = is_stuck(a, now_ns), b_is_stuck = is_stuck(b, now_ns);
    if (a_is_stuck != b_is_stuck)
        return b_is_stuck;
    return worker_n_connections(a->worker) < worker_n_connections(b->worker);
}

struct worker *dispatch_choose(struct dispatch *d, int64_t now_ns)
{
    dispatch_look(d, now_ns);
    const struct dispatch_target *best = &d->targets[0];
    for (int i = 1; i < d->n; i++)
        if (is_better(&d->targets[i], best, now_ns))
            best = &d->targets[i];
    return best->worker;
}
