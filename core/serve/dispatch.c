#include "serve/dispatch.h"

#include <stdlib.h>

#include "base/clock.h"
#include "serve/worker.h"

/* A worker that has not waited for events for so long is busy. A worker under
 * full load may not wait either, and then it should get fewer connections. */
#define BUSY_NS INT64_C(200000000)

struct dispatch_target {
    struct worker *worker;
    struct handover_receiver *receiver;
    int64_t idle_ns;  /* time in which the worker waited, when last read */
    int64_t moved_ns; /* when that had last grown, monotonic */
};

/* Marks the worker as busy until its idle_ns grows. */
static void on_taken_back(void *ctx, const struct handover_receiver *receiver)
{
    struct dispatch *d = ctx;
    dispatch_check(d);
    for (int i = 0; i < d->n; i++)
        if (d->targets[i].receiver == receiver)
            d->targets[i].moved_ns = clock_mono_ns() - BUSY_NS - 1;
}

bool dispatch_open(struct dispatch *d, uv_loop_t *loop, int n)
{
    d->n = 0;
    d->targets = calloc((size_t)n, sizeof *d->targets);
    if (d->targets)
        handovers_open(&d->handovers, loop, on_taken_back, d);
    return d->targets;
}

void dispatch_add(struct dispatch *d, struct worker *worker)
{
    struct handover_receiver *receiver = worker_receiver(worker);
    handovers_add(&d->handovers, receiver);
    d->targets[d->n++] = (struct dispatch_target){
        .worker = worker, .receiver = receiver, .idle_ns = -1};
}

void dispatch_check(struct dispatch *d)
{
    int64_t now_ns = clock_mono_ns();
    for (int i = 0; i < d->n; i++) {
        struct dispatch_target *t = &d->targets[i];
        int64_t idle_ns = worker_idle_ns(t->worker);
        if (idle_ns != t->idle_ns)
            t->moved_ns = now_ns;
        t->idle_ns = idle_ns;
    }
}

static bool is_busy(const struct dispatch_target *t, int64_t now_ns)
{
    return now_ns - t->moved_ns > BUSY_NS;
}

static bool is_better(const struct dispatch_target *a,
                      const struct dispatch_target *b, int64_t now_ns)
{
    bool a_is_busy = is_busy(a, now_ns), b_is_busy = is_busy(b, now_ns);
    if (a_is_busy != b_is_busy)
        return b_is_busy;
    return handover_receiver_n_connections(a->receiver) <
           handover_receiver_n_connections(b->receiver);
}

void dispatch_post(struct dispatch *d, int fd)
{
    dispatch_check(d);
    int64_t now_ns = clock_mono_ns();
    const struct dispatch_target *best = &d->targets[0];
    for (int i = 1; i < d->n; i++)
        if (is_better(&d->targets[i], best, now_ns))
            best = &d->targets[i];
    handovers_post(&d->handovers, best->receiver, fd);
}

unsigned dispatch_n_connections(const struct dispatch *d)
{
    unsigned n = handovers_n_offered(&d->handovers);
    for (int i = 0; i < d->n; i++)
        n += handover_receiver_n_connections(d->targets[i].receiver);
    return n;
}

void dispatch_close(struct dispatch *d)
{
    if (d->targets)
        handovers_close(&d->handovers);
}

void dispatch_fini(struct dispatch *d)
{
    if (d->targets)
        handovers_fini(&d->handovers);
    free(d->targets);
}
