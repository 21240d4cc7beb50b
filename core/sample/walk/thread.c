#include "sample/walk/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "sample/platform/quiet.h"
#include "sample/platform/thread_state.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/cpu.h"
#include "sample/walk/ring.h"

_Thread_local struct sampler_thread *thread_self;

pthread_mutex_t threads_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t sampling_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t threads_retired = PTHREAD_COND_INITIALIZER;
struct list threads_list;
/* Sums of the threads whose records are freed. [threads_lock] */
static uint64_t ended_counts[N_COUNTS];
static int64_t ended_cpu_ns;

void thread_free(struct sampler_thread *t)
{
    ring_free(t->ring);
    ring_free(t->outside);
    vm_functions_free(t->functions);
    thread_state_close(t->state);
    free(t);
}

/* Notes where the calling thread's stack lies; an empty one if that is not
 * known. */
static void find_stack(struct sampler_thread *t)
{
    pthread_attr_t attributes;
    void *low;
    size_t bytes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &bytes) == 0) {
        t->stack_low = (uintptr_t)low;
        t->stack_bytes = bytes;
    }
    pthread_attr_destroy(&attributes);
}

struct sampler_thread *thread_new(struct err *err)
{
    struct sampler_thread *t = calloc(1, sizeof *t);
    if (!t) {
        err_set(err, "out of memory for a thread's samples");
        return NULL;
    }
    t->ring = ring_new(THREAD_RING_SLOTS);
    t->outside = ring_new(THREAD_OUTSIDE_SLOTS);
    t->functions = vm_functions_new();
    t->pthread = pthread_self();
    t->tid = gettid();
    t->clock = CLOCK_THREAD_CPUTIME_ID;
    pthread_getcpuclockid(t->pthread, &t->clock);
    t->state = thread_state_open();
    t->last_ns = t->begin_cpu_ns = clock_thread_ns();
    find_stack(t);
    t->wall_last_ns = clock_mono_ns();
    t->slept_cpu_ns = -1;
    t->random = random_seed();
    if (!t->ring || !t->outside || !t->functions) {
        err_set(err, "out of memory for a thread's samples");
        thread_free(t);
        return NULL;
    }
    return t;
}

void threads_add(struct sampler_thread *t)
{
    pthread_mutex_lock(&threads_lock);
    quiet_lock(&sampling_lock);
    list_prepend(&threads_list, &t->in_threads);
    quiet_unlock(&sampling_lock);
    pthread_mutex_unlock(&threads_lock);
}

void threads_retire(struct sampler_thread *t)
{
    pthread_mutex_lock(&threads_lock);
    thread_self = NULL; /* the handler ignores a signal that comes later */
    ring_publish(t->ring);
    quiet_lock(&sampling_lock);
    t->detached = true;
    t->end_cpu_ns = clock_thread_ns();
    ring_publish(t->outside);
    quiet_unlock(&sampling_lock);
    pthread_mutex_unlock(&threads_lock);
    pthread_cond_signal(&threads_retired);
}

void threads_reap(void)
{
    pthread_mutex_lock(&threads_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads) {
        if (!t->detached || ring_peek(t->ring) || ring_peek(t->outside))
            continue;
        quiet_lock(&sampling_lock);
        list_remove(&t->in_threads);
        quiet_unlock(&sampling_lock);
        for (int i = 0; i < N_COUNTS; i++)
            ended_counts[i] += atomic_load(&t->counts[i]);
        ended_cpu_ns += t->end_cpu_ns - t->begin_cpu_ns;
        thread_free(t);
    }
    pthread_mutex_unlock(&threads_lock);
}

void threads_sum_counts(uint64_t counts[N_COUNTS])
{
    pthread_mutex_lock(&threads_lock);
    for (int i = 0; i < N_COUNTS; i++)
        counts[i] = ended_counts[i];
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        for (int i = 0; i < N_COUNTS; i++)
            counts[i] += atomic_load(&t->counts[i]);
    pthread_mutex_unlock(&threads_lock);
}

int64_t threads_cpu_ns(void)
{
    pthread_mutex_lock(&threads_lock);
    int64_t sum_ns = ended_cpu_ns;
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        sum_ns += (t->detached ? t->end_cpu_ns : clock_read_ns(t->clock)) -
                  t->begin_cpu_ns;
    pthread_mutex_unlock(&threads_lock);
    return sum_ns;
}
