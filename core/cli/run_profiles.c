/* run_profiles.c -- a thread waits for the signals' handler and writes in its
 * place: the script may be stuck in a C function, where neither Lua's hooks nor
 * anything that allocates could run.
 */
#include "cli/run_profiles.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/export_profile.h"
#include "profile/profile.h"
#include "sample/tables/heap.h"
#include "sample/build/heap_profile.h"
#include "sample/session/session.h"

/* Held while writing, so that who comes second waits for the first. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct run_profiles_options options; /* [lock] and all below */
static struct export_host *host;
static struct session *session; /* NULL: none, or written */
static bool wants_heap;         /* not written yet */
static int64_t start_ns;

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static sem_t signalled;
static volatile sig_atomic_t signal_number;

static bool write_cpu(struct err *err)
{
    if (!session)
        return true;
    struct profile *profile = session_close(session, NULL, err);
    session = NULL;
    return profile && export_profile_write(host, profile, options.format, NULL,
                                           options.cpu, err);
}

static bool write_heap(struct err *err)
{
    if (!wants_heap)
        return true;
    wants_heap = false;
    struct heap_snapshot *snapshot = heap_snapshot_take();
    if (!snapshot)
        return err_set(err, "out of memory for a profile");
    const struct heap_profile_source source = {.end = snapshot,
                                               .time_ns = start_ns};
    struct profile *profile = heap_profile_build(&source, err);
    free(snapshot);
    return profile && export_profile_write(host, profile, options.format, NULL,
                                           options.heap, err);
}

bool run_profiles_write(struct err *err)
{
    struct err second = {0};
    pthread_mutex_lock(&lock);
    bool cpu_done = write_cpu(err);
    bool heap_done = write_heap(cpu_done ? err : &second);
    pthread_mutex_unlock(&lock);
    if (!cpu_done && !heap_done)
        fprintf(stderr, "perilune run: %s\n", second.message);
    return cpu_done && heap_done;
}

static void write_and_report(void)
{
    struct err err = {0};
    if (!run_profiles_write(&err))
        fprintf(stderr, "perilune run: %s\n", err.message);
}

/* [signal] */
static void on_signal(int number)
{
    signal_number = number;
    sem_post(&signalled);
}

static void *wait_for_signal(void *arg)
{
    (void)arg;
    while (sem_wait(&signalled) != 0)
        ; /* interrupted by a signal */
    write_and_report();
    raise(signal_number); /* has its default action again */
    return NULL;
}

/* A signal that is ignored, as for a job in the background, stays so. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESTART | SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

static bool start_waiter(struct err *err)
{
    pthread_t thread;
    sem_init(&signalled, 0, 0);
    int failed = pthread_create(&thread, NULL, wait_for_signal, NULL);
    if (failed)
        return err_set(err, "cannot start a thread: %s", strerror(failed));
    pthread_setname_np(thread, "signals");
    pthread_detach(thread);
    return true;
}

bool run_profiles_open(const struct run_profiles_options *wanted,
                       struct export_host *exporters, struct err *err)
{
    struct session_options session_options = {.rate_hz = wanted->rate_hz};
    if (!start_waiter(err))
        return false;
    options = *wanted;
    host = exporters;
    start_ns = clock_wall_ns();
    if (options.cpu && !(session = session_open(&session_options, err)))
        return false;
    wants_heap = options.heap;
    atexit(write_and_report);
    catch_signals();
    return true;
}
