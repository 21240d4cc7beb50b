#include "sample/session.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "sample/collector.h"
#include "sample/session_profile.h"
#include "sample/session_list.h"
#include "sample/stacks.h"
#include "sample/thread.h"

static const size_t LIMIT_BYTES = 32 * 1024 * 1024;
enum { DEFAULT_RATE_HZ = 100, MAX_RATE_HZ = 10000 };

struct session {
    struct session *next; /* [collector_lock] */
    enum session_kind kind;
    int rate_hz;
    struct stacks *stacks;
    int64_t start_wall_ns, start_mono_ns;
    uint64_t start_counts[N_COUNTS];
};

static struct session *first; /* [collector_lock] */

bool session_list_is_empty(void) { return !first; }

unsigned session_list_n(void)
{
    unsigned n = 0;
    for (const struct session *s = first; s; s = s->next)
        n += s->kind != SESSION_PROBE;
    return n;
}

void session_list_add(const uint32_t *frames, unsigned n_frames,
                      uint32_t labels, int64_t weight_ns,
                      enum session_kind kind)
{
    for (struct session *s = first; s; s = s->next)
        if (s->kind == kind)
            stacks_add(s->stacks, frames, n_frames, labels, 1, weight_ns);
}

/* The fastest session's rate of a kind, 0 without any. [collector_lock] */
static int highest_rate(enum session_kind kind)
{
    int rate_hz = 0;
    for (struct session *s = first; s; s = s->next)
        if (s->kind == kind && s->rate_hz > rate_hz)
            rate_hz = s->rate_hz;
    return rate_hz;
}

/* [collector_lock] */
static void set_rates(void)
{
    threads_set_rate(highest_rate(SESSION_CPU));
    threads_set_wall_rate(highest_rate(SESSION_WALL));
}

/* NULL when out of memory. */
static struct session *add_session(enum session_kind kind, int rate_hz)
{
    struct session *s = calloc(1, sizeof *s);
    struct stacks *stacks = stacks_new(LIMIT_BYTES);
    if (!s || !stacks) {
        free(s);
        stacks_free(stacks);
        return NULL;
    }
    s->stacks = stacks;
    s->kind = kind;
    s->rate_hz = rate_hz;
    pthread_mutex_lock(&collector_lock);
    collector_drain(); /* what was taken before is not for this one */
    s->start_wall_ns = clock_wall_ns();
    s->start_mono_ns = clock_mono_ns();
    threads_sum_counts(s->start_counts);
    s->next = first;
    first = s;
    set_rates();
    pthread_mutex_unlock(&collector_lock);
    collector_wake();
    return s;
}

struct session *session_open(const struct session_options *options,
                             struct err *err)
{
    int rate_hz = options->rate_hz ? options->rate_hz : DEFAULT_RATE_HZ;
    if (rate_hz < 1 || rate_hz > MAX_RATE_HZ) {
        err_set(err, "rate must be from 1 to %d samples a second, got %d",
                MAX_RATE_HZ, rate_hz);
        return NULL;
    }
    struct session *s = add_session(options->kind, rate_hz);
    if (!s)
        err_set(err, "out of memory for a profile");
    return s;
}

/* [collector_lock] */
static void unlink_session(struct session *session)
{
    struct session **link = &first;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    set_rates();
}

static void session_free(struct session *s)
{
    stacks_free(s->stacks);
    free(s);
}

void session_abort(struct session *session)
{
    pthread_mutex_lock(&collector_lock);
    unlink_session(session);
    pthread_mutex_unlock(&collector_lock);
    session_free(session);
}

/* Samples without a Lua stack get one within microseconds of running Lua: wait
 * a little, then take them as they are. */
static void flush_pending(void)
{
    enum { TRIES = 40 };
    static const struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < TRIES; i++) {
        if (threads_flush(i >= TRIES - 5) == 0)
            return;
        nanosleep(&pause, NULL);
    }
}

/* A thread that is busy in the sampler has not taken its probe. */
static void finish_probes(void)
{
    enum { TRIES = 40 };
    static const struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < TRIES && threads_probe_again() > 0; i++)
        nanosleep(&pause, NULL);
}

struct stacks *session_probe(void)
{
    struct session *session = add_session(SESSION_PROBE, 0);
    if (!session)
        return NULL;
    threads_probe();
    finish_probes();
    flush_pending();
    pthread_mutex_lock(&collector_lock);
    collector_drain();
    unlink_session(session);
    pthread_mutex_unlock(&collector_lock);
    struct stacks *stacks = session->stacks;
    free(session);
    return stacks;
}

int64_t session_period_ns(const struct session *session)
{
    return 1000000000 / session->rate_hz;
}

struct profile *session_close(struct session *session,
                              const struct stacks *more, struct err *err)
{
    struct session_profile_source source = {
        .kind = session->kind,
        .stacks = session->stacks,
        .more = more,
        .rate_hz = session->rate_hz,
        .time_ns = session->start_wall_ns,
        .duration_ns = clock_mono_ns() - session->start_mono_ns,
    };
    flush_pending();
    pthread_mutex_lock(&collector_lock);
    collector_drain();
    unlink_session(session);
    threads_sum_counts(source.counts);
    pthread_mutex_unlock(&collector_lock);
    for (int i = 0; i < N_COUNTS; i++)
        source.counts[i] -= session->start_counts[i];

    struct profile *profile = session_profile_build(&source, err);
    session_free(session);
    return profile;
}
