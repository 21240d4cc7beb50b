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
#include <time.h>

#include "base/buf.h"
#include "base/fork.h"
#include "base/signals.h"
#include "cli/export_profile.h"
#include "cli/result_file.h"
#include "cli/run_state.h"
#include "export/export_queue.h"
#include "record/gathering.h"
#include "record/recording.h"

/* One kind that is recorded. */
struct run_profile {
    struct recording_plan plan;
    struct recording recording;
    const char *file;
    /* The result; the profile is NULL for a kind that is written. */
    struct profile *profile;
    struct buf text;
    bool failed;
    struct err err; /* if failed */
};

/* Held while writing, so that the second thread waits for the first. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct run_profile profiles[PROFILE_N_KINDS]; /* [lock] */
static unsigned n_profiles;                          /* [lock] */
static const char *format;
static struct export_queue *queue;

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static sem_t signalled;
static volatile sig_atomic_t signal_number;

bool run_profiles_any(const struct run_profiles_options *options)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (options->files[id])
            return true;
    return false;
}

/* `write` writes JSON or text, for which there is no exporter. */
static bool check_file(const struct profile_kind *kind, const char *file,
                       const char *exporter, struct export_queue *exporters,
                       struct err *err)
{
    return kind->build ? export_profile_check(exporters, exporter, file, err)
                       : result_file_check(file, false, err);
}

/* Returns false and sets err if the file of kind `id` is that of a kind before
 * it: the later result would replace the earlier one. */
static bool check_file_is_own(const char *const files[], unsigned id,
                              struct err *err)
{
    for (unsigned i = 0; i < id; i++)
        if (files[i] && strcmp(files[i], files[id]) == 0 &&
            result_file_replaces(files[id]))
            return err_set(err, "--%s and --%s name the same file, '%s'",
                           profile_kinds[i]->name, profile_kinds[id]->name,
                           files[id]);
    return true;
}

bool run_profiles_check(const struct run_profiles_options *options,
                        struct export_queue *exporters, struct err *err)
{
    struct export_info info;
    if (!export_queue_find(exporters, options->format, &info, err))
        return false;
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (options->files[id] &&
            (!check_file(profile_kinds[id], options->files[id], options->format,
                         exporters, err) ||
             !check_file_is_own(options->files, id, err)))
            return false;
    return true;
}

/* A script that is stuck does not answer any question: only the first one waits
 * for it. */
static void end_recordings(void)
{
    bool answers = true;
    for (unsigned i = 0; i < n_profiles; i++) {
        struct gathering *question;
        while ((question = recording_end(&profiles[i].recording))) {
            gathering_ask_threads(question);
            answers = answers && run_state_gather(question);
        }
    }
    if (!answers)
        fprintf(stderr, "perilune run: the script is in a C function: the "
                        "profiles are without its coroutines\n");
}

/* Makes the result, in memory. */
static void finish_recording(struct run_profile *p)
{
    if (p->plan.is_written)
        p->failed = !recording_write(&p->recording, &p->text, &p->err);
    else
        p->failed = !(p->profile = recording_build(&p->recording, &p->err));
    recording_fini(&p->recording);
}

static void write_file(struct run_profile *p)
{
    char options[64];
    snprintf(options, sizeof options, "kind=%s", p->plan.kind->endpoint);
    if (p->failed)
        return;
    if (p->plan.is_written)
        p->failed = !result_file_write(p->file, &p->text, false, &p->err);
    else
        p->failed = !export_profile_write(queue, p->profile, format, options,
                                          p->file, &p->err);
    buf_fini(&p->text);
}

/* The thread that has the lock may wait for an answer of this one. */
static void take_lock(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    while (pthread_mutex_trylock(&lock) != 0) {
        run_state_answer();
        nanosleep(&pause, NULL);
    }
}

/* Makes all results before it writes the first one: writing waits, allocates
 * and computes, and is not to be in the profiles. */
bool run_profiles_write(struct err *err)
{
    bool ok = true;
    if (fork_is_child())
        return true;
    take_lock();
    end_recordings();
    for (unsigned i = 0; i < n_profiles; i++)
        finish_recording(&profiles[i]);
    for (unsigned i = 0; i < n_profiles; i++) {
        write_file(&profiles[i]);
        if (profiles[i].failed && ok)
            *err = profiles[i].err;
        else if (profiles[i].failed)
            fprintf(stderr, "perilune run: %s\n", profiles[i].err.message);
        ok = ok && !profiles[i].failed;
    }
    n_profiles = 0;
    pthread_mutex_unlock(&lock);
    return ok;
}

static void write_and_report(void)
{
    struct err err = {0};
    if (!run_profiles_write(&err))
        fprintf(stderr, "perilune run: %s\n", err.message);
}

/* [signal] */
static void note_signal(int number)
{
    if (fork_is_child()) {
        raise(number); /* has its default action again */
        return;
    }
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
    struct sigaction action = {
        .sa_handler = note_signal,
        .sa_flags = (int)(SA_RESTART | SA_RESETHAND | SA_ONSTACK)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            signals_take(signals[i], &action, NULL);
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

/* [lock] */
static bool start_recording(const struct profile_kind *kind, const char *file,
                            int rate_hz, struct err *err)
{
    struct run_profile *p = &profiles[n_profiles++];
    p->file = file;
    p->plan = (struct recording_plan){
        .kind = kind, .is_written = !kind->build, .rate_hz = rate_hz};
    if (kind->prepare)
        kind->prepare();
    return recording_start(&p->recording, &p->plan, err);
}

static bool start_recordings(const struct run_profiles_options *options,
                             struct err *err)
{
    bool ok = true;
    pthread_mutex_lock(&lock);
    for (unsigned id = 0; ok && id < PROFILE_N_KINDS; id++)
        if (options->files[id])
            ok = start_recording(profile_kinds[id], options->files[id],
                                 options->rate_hz, err);
    pthread_mutex_unlock(&lock);
    return ok;
}

static bool asks_states(const struct run_profiles_options *options)
{
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (options->files[id] && profile_kinds[id]->end)
            return true;
    return false;
}

bool run_profiles_open(const struct run_profiles_options *options,
                       struct export_queue *exporters, struct lua_State *L,
                       struct err *err)
{
    format = options->format;
    queue = exporters;
    if (!run_state_open(L, asks_states(options), write_and_report, err) ||
        !start_waiter(err) || !start_recordings(options, err))
        return false;
    atexit(write_and_report);
    catch_signals();
    return true;
}
