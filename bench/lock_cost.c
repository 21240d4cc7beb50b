/* lock_cost.c -- what watching mutexes of the C library costs, in nanoseconds
 * for one lock and unlock: of a mutex that is free, and of one that THREADS
 * threads all want, wall time for each of them.
 *
 * The same with libc's functions themselves (as if nothing were compiled in),
 * with ours while nothing is recorded, and while it is at the default rates.
 * Rounds alternate between the three; medians. Prints one line, first of the
 * free one, then of the other:
 *
 *   libc_ns off_ns on_ns libc_ns off_ns on_ns
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/libc_mutex.h"
#include "sample/hooks/contention.h"
#include "sample/session/sampler.h"
#include "sample/walk/attach.h"

enum { ROUNDS = 21, THREADS = 2, N_FREE = 1000000, N_WANTED = 20000 };
enum mode { LIBC, OFF, ON, N_MODES };

struct shared {
    pthread_mutex_t mutex;
    pthread_barrier_t start;
    enum mode mode;
    unsigned counter; /* [mutex] */
};

static void set_mode(enum mode mode)
{
    contention_set_block_rate(mode == ON ? CONTENTION_BLOCK_RATE_NS : 0);
    contention_set_mutex_fraction(mode == ON ? CONTENTION_MUTEX_FRACTION : 0);
}

static double measure_free(enum mode mode)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    int64_t start = clock_mono_ns();
    if (mode == LIBC)
        for (int i = 0; i < N_FREE; i++) {
            libc_mutex_lock(&mutex);
            libc_mutex_unlock(&mutex);
        }
    else
        for (int i = 0; i < N_FREE; i++) {
            pthread_mutex_lock(&mutex);
            pthread_mutex_unlock(&mutex);
        }
    return (double)(clock_mono_ns() - start) / N_FREE;
}

/* About a microsecond. */
static void work(volatile unsigned *counter)
{
    for (int i = 0; i < 400; i++)
        ++*counter;
}

static void *want(void *ctx)
{
    struct shared *s = ctx;
    unsigned own = 0;
    pthread_barrier_wait(&s->start);
    for (int i = 0; i < N_WANTED; i++) {
        if (s->mode == LIBC)
            libc_mutex_lock(&s->mutex);
        else
            pthread_mutex_lock(&s->mutex);
        work(&s->counter);
        if (s->mode == LIBC)
            libc_mutex_unlock(&s->mutex);
        else
            pthread_mutex_unlock(&s->mutex);
        work(&own);
    }
    return NULL;
}

static double measure_wanted(enum mode mode)
{
    struct shared s = {.mutex = PTHREAD_MUTEX_INITIALIZER, .mode = mode};
    pthread_t threads[THREADS];
    pthread_barrier_init(&s.start, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, want, &s) != 0)
            abort();
    pthread_barrier_wait(&s.start);
    int64_t start = clock_mono_ns();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&s.start);
    return (double)(clock_mono_ns() - start) / (THREADS * N_WANTED);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_medians(double (*measure)(enum mode mode))
{
    double ns[N_MODES][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (enum mode mode = LIBC; mode < N_MODES; mode++) {
            set_mode(mode);
            ns[mode][round] = measure(mode);
        }
    for (enum mode mode = LIBC; mode < N_MODES; mode++) {
        qsort(ns[mode], ROUNDS, sizeof ns[mode][0], compare);
        printf("%.1f ", ns[mode][ROUNDS / 2]);
    }
}

int main(void)
{
    struct err err = {0};
    if (!sampler_init(&err) || !attach_thread(NULL, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    contention_watch_native();
    print_medians(measure_free);
    print_medians(measure_wanted);
    putchar('\n');
    return 0;
}
