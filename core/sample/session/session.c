/* session.c -- the open sessions and what each has collected. */
#include "sample/session/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/list.h"
#include "sample/session/collector.h"
#include "sample/build/session_profile.h"
#include "sample/session/session_list.h"
#include "sample/walk/sampling_thread.h"
#include "sample/walk/signal_check.h"
#include "sample/walk/slow_requests.h"
#include "sample/tables/stacks.h"
#include "sample/walk/thread.h"

/* The stacks of a session may take so much memory; further stacks go to its
 * entry [overflow]. */
static const size_t LIMIT_BYTES = 32 * 1024 * 1024;
enum { DEFAULT_RATE_HZ = 100, MAX_RATE_HZ = 10000 };

struct session {
    struct list_link in_sessions; /* [collector_lock] */
    enum session_kind kind;
    int rate_hz;
    bool is_ending; /* wants no more samples [collector_lock] */
    struct stacks *stacks;
    struct slow_requests *slow; /* NULL: all samples are wanted */
    struct buf threads; /* of a probe: a struct probed_thread per thread */
    int64_t start_wall_ns;
    /* The session gets the samples that were taken in between. The end is
     * INT64_MAX until session_close. */
    int64_t start_mono_ns, end_mono_ns;
    uint64_t start_counts[N_COUNTS], end_counts[N_COUNTS]; /* at these times,
                                                      of threads_sum_counts */
    struct cpu_times cpu; /* until the end: at the start, and sampled since */
    struct signal_losses start_losses;
};

static struct list sessions; /* [collector_lock] */

bool session_list_is_empty(void) { return list_is_empty(&sessions); }

int session_list_rate_hz(void)
{
    int rate_hz = 0;
    list_each (struct session, s, &sessions, in_sessions)
        if (s->rate_hz > rate_hz)
            rate_hz = s->rate_hz;
    return rate_hz;
}

unsigned session_list_n(void)
{
    unsigned n = 0;
    list_each (struct session, s, &sessions, in_sessions)
        n += s->kind != SESSION_PROBE;
    return n;
}

static void add_to_session(struct session *s, const uint32_t *frames,
                           unsigned n_frames, const struct sample *sample,
                           int64_t weight_ns)
{
    uint32_t labels = sample->labels;
    s->cpu.sampled_ns += weight_ns;
    if (s->slow)
        labels = slow_requests_tag(s->slow, labels, sample->request);
    if (!s->slow || labels != SLOW_REQUESTS_NONE)
        stacks_add(s->stacks, frames, n_frames, labels, sample->count,
                   weight_ns);
}

static bool has_thread(const struct buf *threads, pid_t tid)
{
    struct probed_thread thread;
    for (size_t at = 0; at < threads->len; at += sizeof thread) {
        memcpy(&thread, threads->data + at, sizeof thread);
        if (thread.tid == tid)
            return true;
    }
    return false;
}

/* Adds the answer of a thread to a probe. When two probes run at once, a thread
 * may answer twice; the second answer is dropped. */
static void add_probed(struct session *s, const uint32_t *frames,
                       unsigned n_frames, const struct sample *sample,
                       pid_t tid)
{
    if (has_thread(&s->threads, tid))
        return;
    const struct probed_thread thread = {
        .tid = tid,
        .stack = stacks_add(s->stacks, frames, n_frames, sample->labels, 1, 0),
    };
    buf_append(&s->threads, &thread, sizeof thread);
}

/* Returns true if the sample was taken between the session's begin and its end.
 * Ticks of wall time are counted together, so they have no time of their own.
 */
static bool is_within(const struct session *s, const struct sample *sample)
{
    return s->kind != SESSION_CPU || (sample->taken_ns >= s->start_mono_ns &&
                                      sample->taken_ns <= s->end_mono_ns);
}

void session_list_add(const uint32_t *frames, unsigned n_frames,
                      const struct sample *sample, int64_t weight_ns,
                      enum session_kind kind, pid_t tid)
{
    list_each (struct session, s, &sessions, in_sessions)
        if (s->kind == kind && kind == SESSION_PROBE)
            add_probed(s, frames, n_frames, sample, tid);
        else if (s->kind == kind && is_within(s, sample))
            add_to_session(s, frames, n_frames, sample, weight_ns);
}

/* Returns the highest rate of the open sessions of a kind, 0 if there is none.
 * [collector_lock] */
static int highest_rate(enum session_kind kind)
{
    int rate_hz = 0;
    list_each (struct session, s, &sessions, in_sessions)
        if (s->kind == kind && !s->is_ending && s->rate_hz > rate_hz)
            rate_hz = s->rate_hz;
    return rate_hz;
}

/* Sets the rate at which threads are sampled. [collector_lock] */
static void choose_rates(void)
{
    sampling_thread_set_rate(SESSION_CPU, highest_rate(SESSION_CPU));
    sampling_thread_set_rate(SESSION_WALL, highest_rate(SESSION_WALL));
}

static void session_free(struct session *s)
{
    stacks_free(s->stacks);
    slow_requests_free(s->slow);
    buf_fini(&s->threads);
    free(s);
}

/* Returns NULL if out of memory. */
static struct session *new_session(const struct session_options *options)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->kind = options->kind;
    s->rate_hz = options->rate_hz;
    s->stacks = stacks_new(LIMIT_BYTES);
    if (options->slower_than_ns)
        s->slow = slow_requests_new(options->slower_than_ns);
    if (s->stacks && (s->slow || !options->slower_than_ns))
        return s;
    session_free(s);
    return NULL;
}

/* Opens a session whose options are valid. Returns NULL if out of memory. */
static struct session *add_session(const struct session_options *options)
{
    struct session *s = new_session(options);
    if (!s)
        return NULL;
    pthread_mutex_lock(&collector_lock);
    collector_drain(); /* earlier samples go to the other sessions only, and
                          those that wait for their Lua stack yet, by taken_ns
                        */
    s->start_wall_ns = clock_wall_ns();
    s->start_mono_ns = clock_mono_ns();
    s->end_mono_ns = INT64_MAX;
    threads_sum_counts(s->start_counts);
    s->cpu.process_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);
    s->cpu.watched_ns = threads_cpu_ns();
    signal_check_read(&s->start_losses);
    signal_check();
    list_prepend(&sessions, &s->in_sessions);
    choose_rates();
    pthread_mutex_unlock(&collector_lock);
    collector_wake();
    return s;
}

struct session *session_open(const struct session_options *options,
                             struct err *err)
{
    struct session_options given = *options;
    if (given.rate_hz == 0)
        given.rate_hz = DEFAULT_RATE_HZ;
    if (given.rate_hz < 1 || given.rate_hz > MAX_RATE_HZ) {
        err_set(err, "rate must be from 1 to %d samples a second, got %d",
                MAX_RATE_HZ, given.rate_hz);
        return NULL;
    }
    struct session *s = add_session(&given);
    if (!s)
        err_set(err, "out of memory for a profile");
    return s;
}

/* [collector_lock] */
static void unlink_session(struct session *session)
{
    list_remove(&session->in_sessions);
    choose_rates();
}

void session_abort(struct session *session)
{
    pthread_mutex_lock(&collector_lock);
    unlink_session(session);
    pthread_mutex_unlock(&collector_lock);
    session_free(session);
}

/* A thread answers a signal when it gets a CPU, which takes a while on a busy
 * machine. A thread that has not answered within a second is stuck in the
 * kernel. */
static const int64_t ANSWER_NS = 1000000000;
static const struct timespec ANSWER_PAUSE = {.tv_nsec = 2000000};

/* Waits until the threads have answered the sampling thread and have completed
 * their pending samples. A thread that runs Lua completes them within
 * microseconds. After 70 ms the threads are told to publish samples without a
 * Lua stack as they are. */
static void wait_for_pending(enum session_kind kind)
{
    const int64_t start = clock_mono_ns();
    for (int64_t waited_ns = 0; waited_ns < ANSWER_NS;) {
        if (sampling_thread_flush(kind, waited_ns) == 0)
            return;
        nanosleep(&ANSWER_PAUSE, NULL);
        waited_ns = clock_mono_ns() - start;
    }
}

/* Asks threads again that have not answered a probe yet: they were busy in the
 * sampler, or wait for a CPU. */
static void wait_for_probes(void)
{
    const int64_t start = clock_mono_ns();
    while (sampling_thread_probe_again() > 0 &&
           clock_mono_ns() - start < ANSWER_NS)
        nanosleep(&ANSWER_PAUSE, NULL);
}

struct stacks *session_probe(struct buf *threads)
{
    const struct session_options options = {.kind = SESSION_PROBE};
    struct session *session = add_session(&options);
    if (!session)
        return NULL;
    sampling_thread_probe();
    wait_for_probes();
    wait_for_pending(SESSION_PROBE);
    pthread_mutex_lock(&collector_lock);
    collector_drain();
    unlink_session(session);
    pthread_mutex_unlock(&collector_lock);
    struct stacks *stacks = session->stacks;
    session->stacks = NULL;
    if (threads) {
        *threads = session->threads;
        session->threads = BUF_INIT;
    }
    session_free(session);
    return stacks;
}

struct slow_requests *session_slow_requests(const struct session *session)
{
    return session->slow;
}

int64_t session_period_ns(const struct session *session)
{
    return 1000000000 / session->rate_hz;
}

static void subtract_losses(struct signal_losses *losses,
                            const struct signal_losses *start)
{
    losses->n_taken -= start->n_taken;
    losses->taken_ns -= start->taken_ns;
    losses->n_timers -= start->n_timers;
    losses->n_blocked -= start->n_blocked;
    losses->blocked_ns -= start->blocked_ns;
}

/* Ends the time whose samples the session gets. How asks were answered is read
 * now, because the threads go on taking samples for other sessions. The other
 * counts are right when the samples have their Lua stacks. */
static void end_samples(struct session *session)
{
    pthread_mutex_lock(&collector_lock);
    session->end_mono_ns = clock_mono_ns();
    threads_sum_counts(session->end_counts);
    pthread_mutex_unlock(&collector_lock);
}

bool session_close(struct session *session, const struct stacks *more,
                   struct profile *profile, struct err *err)
{
    struct session_profile_source source = {
        .kind = session->kind,
        .stacks = session->stacks,
        .more = more,
        .slow = session->slow,
        .rate_hz = session->rate_hz,
        .time_ns = session->start_wall_ns,
        .duration_ns = clock_mono_ns() - session->start_mono_ns,
    };
    if (session->slow)
        slow_requests_judge(session->slow);
    pthread_mutex_lock(&collector_lock);
    session->is_ending = true;
    choose_rates();
    pthread_mutex_unlock(&collector_lock);
    sampling_thread_look_last(session->kind);
    wait_for_pending(session->kind);
    end_samples(session);
    wait_for_pending(session->kind);
    pthread_mutex_lock(&collector_lock);
    collector_drain();
    unlink_session(session);
    threads_sum_counts(source.counts);
    source.cpu = (struct cpu_times){
        .process_ns =
            clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) - session->cpu.process_ns,
        .watched_ns = threads_cpu_ns() - session->cpu.watched_ns,
        .sampled_ns = session->cpu.sampled_ns,
    };
    signal_check();
    signal_check_read(&source.losses);
    pthread_mutex_unlock(&collector_lock);
    subtract_losses(&source.losses, &session->start_losses);
    for (int i = 0; i < N_COUNTS; i++) {
        if (i <= LAST_ANSWER)
            source.counts[i] = session->end_counts[i];
        source.counts[i] -= session->start_counts[i];
    }

    bool ok = session_profile_add(profile, &source, err);
    session_free(session);
    return ok;
}
