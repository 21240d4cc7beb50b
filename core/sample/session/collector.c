/* collector.c -- the thread that reads the rings. */
#include "sample/session/collector.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sample/platform/loaded_objects.h"
#include "sample/platform/quiet.h"
#include "sample/walk/ring.h"
#include "sample/session/session_list.h"
#include "sample/walk/stitch.h"
#include "sample/walk/thread.h"

/* Time between two readings while a session is open. A ring holds two seconds
 * of samples at 250 Hz. */
static const int64_t INTERVAL_NS = 50000000;

pthread_mutex_t collector_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t n_read;
static _Atomic int64_t cpu_ns;

static enum session_kind session_kind_of(const struct sample *sample)
{
    if (sample->flags & SAMPLE_PROBE)
        return SESSION_PROBE;
    return sample->flags & SAMPLE_WALL ? SESSION_WALL : SESSION_CPU;
}

static void drain_thread(struct sampler_thread *t)
{
    const struct sample *s;
    while ((s = ring_peek(t->ring))) {
        uint32_t stack[STITCH_MAX];
        unsigned n = stitch(s, t->functions, stack);
        enum session_kind kind = session_kind_of(s);
        session_list_add(stack, n, s, kind, t->tid);
        ring_pop(t->ring);
        atomic_fetch_add_explicit(&n_read, kind == SESSION_CPU,
                                  memory_order_relaxed);
    }
}

void collector_drain(void)
{
    pthread_mutex_lock(&threads_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        drain_thread(t);
    pthread_mutex_unlock(&threads_lock);
    threads_reap();
}

/* Waits for a thread that ends, for collector_wake or, while a session is open,
 * for the next reading. [collector_lock, released while it waits] */
static void wait_for_work(void)
{
    if (session_list_is_empty()) {
        pthread_cond_wait(&threads_retired, &collector_lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + INTERVAL_NS;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_cond_timedwait(&threads_retired, &collector_lock, &until);
}

static void *collector_main(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&collector_lock);
    for (;;) {
        quiet_enter(); /* a wait for work is no contention */
        wait_for_work();
        quiet_leave();
        collector_drain();
        loaded_objects_refresh();
        atomic_store(&cpu_ns, clock_thread_ns());
    }
    return NULL;
}

bool collector_start(struct err *err)
{
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, collector_main, NULL);
    if (failed)
        return err_set(err, "cannot start the collector thread: %s",
                       strerror(failed));
    pthread_setname_np(thread, "collector");
    pthread_detach(thread);
    return true;
}

void collector_wake(void)
{
    pthread_mutex_lock(&collector_lock);
    pthread_cond_signal(&threads_retired);
    pthread_mutex_unlock(&collector_lock);
}

void collector_cost(uint64_t *n_samples, int64_t *cpu)
{
    *n_samples = atomic_load(&n_read);
    *cpu = atomic_load(&cpu_ns);
}
