/* collector.c -- the thread that reads the rings. */
#include "sample/session/collector.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sample/platform/loaded_objects.h"
#include "sample/platform/own_work.h"
#include "sample/platform/quiet.h"
#include "sample/walk/outside.h"
#include "sample/walk/ring.h"
#include "sample/walk/sampling_thread.h"
#include "sample/walk/signal_check.h"
#include "sample/session/session_list.h"
#include "sample/walk/stitch.h"
#include "sample/walk/thread.h"

/* Time between two readings while a session is open. At high rates the time is
 * shorter: the thread reads a ring eight times until it would be full, because
 * a busy machine may wake the thread late. */
static const int64_t MAX_INTERVAL_NS = 50000000;
enum { READINGS_PER_RING = 8 };

static int64_t interval_ns(void)
{
    int rate_hz = session_list_rate_hz();
    int64_t ns = rate_hz > 0 ? INT64_C(1000000000) * THREAD_RING_SLOTS /
                                   READINGS_PER_RING / rate_hz
                             : MAX_INTERVAL_NS;
    return ns < MAX_INTERVAL_NS ? ns : MAX_INTERVAL_NS;
}

pthread_mutex_t collector_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t n_read;
static _Atomic int64_t cpu_ns;

static enum session_kind session_kind_of(const struct sample *sample)
{
    if (sample->flags & SAMPLE_PROBE)
        return SESSION_PROBE;
    return sample->flags & SAMPLE_WALL ? SESSION_WALL : SESSION_CPU;
}

/* The time that the CPU samples of one reading stand for. */
struct shared_time {
    int64_t rest_ns;
    uint32_t rest_n; /* samples that have not got their part */
};

static struct shared_time shared_time_of(const struct ring *ring, uint32_t n)
{
    struct shared_time all = {0};
    for (uint32_t i = 0; i < n; i++) {
        const struct sample *s = ring_published(ring, i);
        if (session_kind_of(s) == SESSION_CPU) {
            all.rest_ns += s->weight_ns;
            all.rest_n++;
        }
    }
    return all;
}

static int64_t take_part(struct shared_time *all)
{
    int64_t part_ns = all->rest_ns / all->rest_n--;
    all->rest_ns -= part_ns;
    return part_ns;
}

/* Gives the samples of a thread to the sessions. Its CPU samples of one reading
 * get equal parts of their time together. The sum is the same, and each sample
 * is one instant, which is as likely as any other: the gap before an instant
 * tells nothing about it, and only adds noise. */
static void drain_ring(struct ring *ring, const struct vm_functions *functions,
                       pid_t tid)
{
    uint32_t n_samples = ring_n_published(ring);
    struct shared_time time = shared_time_of(ring, n_samples);
    for (uint32_t i = 0; i < n_samples; i++) {
        const struct sample *s = ring_published(ring, 0);
        uint32_t stack[STITCH_MAX];
        unsigned n = stitch(s, functions, stack);
        enum session_kind kind = session_kind_of(s);
        bool is_cpu = kind == SESSION_CPU;
        int64_t weight_ns = is_cpu ? take_part(&time) : s->weight_ns;
        session_list_add(stack, n, s, weight_ns, kind, tid);
        ring_pop(ring);
        atomic_fetch_add_explicit(&n_read, is_cpu, memory_order_relaxed);
    }
}

void collector_drain(void)
{
    sampling_thread_publish();
    pthread_mutex_lock(&threads_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads) {
        drain_ring(t->ring, t->functions, t->tid);
        drain_ring(t->outside, outside_functions, t->tid);
    }
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
    int64_t ns = until.tv_nsec + interval_ns();
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_cond_timedwait(&threads_retired, &collector_lock, &until);
}

static void *collector_main(void *arg)
{
    (void)arg;
    own_work_enter();
    pthread_mutex_lock(&collector_lock);
    for (;;) {
        quiet_enter(); /* a wait for work is no contention */
        wait_for_work();
        quiet_leave();
        collector_drain();
        signal_check();
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
