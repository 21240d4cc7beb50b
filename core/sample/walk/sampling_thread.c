#include "sample/walk/sampling_thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "sample/platform/quiet.h"
#include "sample/platform/thread_state.h"
#include "sample/walk/cpu.h"
#include "sample/walk/outside.h"
#include "sample/walk/ring.h"
#include "sample/walk/thread.h"

/* A gap is at most so many mean gaps, so that a change of the rate takes effect
 * soon. One gap in 3,000 is longer. */
enum { MAX_MEAN_GAPS = 8 };

/* A thread that is so late for an instant counts from now on, and does not
 * catch up: a burst of instants would weigh this moment too much. */
static const int64_t LATE_NS = 4000000;

/* The shortest slice that the kernel grants. */
enum { SLICE_NS = 100000 };

/* The instants of one kind of samples. */
struct instants {
    int rate_hz; /* 0: none */
    int64_t next_ns;
};

/* By SESSION_CPU and SESSION_WALL. [sampling_lock, as all that follows] */
static struct instants instants[SESSION_WALL + 1];
static int64_t probed_ns;  /* when the last probe began */
static bool probes_wanted; /* look at threads whose wants_probe is true */
static pthread_cond_t woken;
static uint64_t random_state;

static void draw_next(struct instants *in)
{
    const int64_t mean_ns = 1000000000 / in->rate_hz;
    int64_t gap_ns = random_gap(&random_state, (double)mean_ns);
    if (gap_ns > MAX_MEAN_GAPS * mean_ns)
        gap_ns = MAX_MEAN_GAPS * mean_ns;
    int64_t now_ns = clock_mono_ns();
    bool is_late = now_ns - in->next_ns > LATE_NS;
    in->next_ns = (is_late ? now_ns : in->next_ns) + gap_ns;
}

/* A thread that reads its own state finds the system call that reads it. */
static bool is_running(const struct sampler_thread *t)
{
    return t == thread_self || thread_state_is_running(t->state);
}

/* Asks the thread for a CPU sample if it has used CPU time since the previous
 * look and runs now. */
static void look_at_cpu(struct sampler_thread *t, bool is_last)
{
    int64_t cpu_ns = clock_read_ns(t->clock);
    if (cpu_ns == t->looked_ns && !is_last)
        return;
    t->looked_ns = cpu_ns;
    if ((is_last || atomic_load(&t->asked_ns) == 0) && is_running(t))
        cpu_ask(t, is_last ? CPU_ASK_ANY_TIME : clock_mono_ns());
}

/* Takes a sample of a thread that sleeps. Returns OUTSIDE_MOVED too if the ring
 * is full. */
static enum outside_result take_outside(struct sampler_thread *t,
                                        int64_t cpu_ns, uint16_t flags,
                                        int64_t weight_ns)
{
    struct sample *s = ring_begin(t->outside);
    if (!s)
        return OUTSIDE_MOVED;
    enum outside_result result = outside_take(t, cpu_ns, flags, s);
    if (result != OUTSIDE_TAKEN)
        return result;
    s->weight_ns = weight_ns;
    ring_commit(t->outside);
    if (s->request)
        t->outside_requests[t->n_outside_requests++ % THREAD_OUTSIDE_REQUESTS] =
            s->request;
    return OUTSIDE_TAKEN;
}

/* Counts the newest sample of the thread, which has not run since, once more.
 * Returns false if the ring is full. */
static bool repeat_outside(struct sampler_thread *t, int64_t weight_ns)
{
    struct sample *s = ring_newest(t->outside);
    if (ring_n_pending(t->outside) > 0) {
        s->weight_ns += weight_ns;
        s->count++;
        return true;
    }
    struct sample *copy = ring_begin(t->outside);
    if (!copy)
        return false;
    *copy = *s;
    copy->weight_ns = weight_ns;
    copy->count = 1;
    ring_commit(t->outside);
    return true;
}

/* Takes a sample of wall time, or asks the thread for it. A look that gives no
 * sample leaves the time to the next. */
static void look_at_wall(struct sampler_thread *t)
{
    if (atomic_load(&t->wants_wall)) {
        if (is_running(t))
            return;
        /* It sleeps and has not answered, because it blocks the signal. */
        atomic_store(&t->wants_wall, false);
    }
    int64_t now_ns = clock_mono_ns(), weight_ns = now_ns - t->wall_last_ns;
    int64_t cpu_ns = clock_read_ns(t->clock);
    if (cpu_ns == t->slept_cpu_ns) {
        if (repeat_outside(t, weight_ns))
            t->wall_last_ns = now_ns;
        return;
    }
    t->slept_cpu_ns = -1;
    switch (take_outside(t, cpu_ns, SAMPLE_WALL, weight_ns)) {
    case OUTSIDE_TAKEN:
        t->wall_last_ns = now_ns;
        /* A library that was just loaded is unknown until the collector's next
         * reading: the next look may find the whole stack. */
        if (!(ring_newest(t->outside)->flags & SAMPLE_NATIVE_TRUNCATED))
            t->slept_cpu_ns = cpu_ns;
        break;
    case OUTSIDE_RUNS: /* or the kernel does not tell where it sleeps */
        if (is_running(t))
            cpu_ask_wall(t);
        break;
    case OUTSIDE_MOVED:
        break;
    }
}

/* Returns true if a thread that does not sleep may get a signal: its CPU clock
 * has moved since it was `cpu_ns`, just before. A thread that waits for a CPU
 * may be about to leave poll, which returns EINTR if a signal comes even then.
 * So it is left alone for 100 ms. */
static bool may_probe(const struct sampler_thread *t, int64_t cpu_ns)
{
    static const int64_t patience_ns = 100000000;
    return clock_read_ns(t->clock) != cpu_ns ||
           clock_mono_ns() - probed_ns > patience_ns;
}

static void probe_thread(struct sampler_thread *t)
{
    int64_t cpu_ns = clock_read_ns(t->clock);
    t->slept_cpu_ns = -1; /* the newest sample is of another kind */
    switch (take_outside(t, cpu_ns, SAMPLE_PROBE, 0)) {
    case OUTSIDE_TAKEN:
        atomic_store(&t->wants_probe, false);
        break;
    case OUTSIDE_RUNS:
        if (may_probe(t, cpu_ns))
            cpu_probe(t);
        break;
    case OUTSIDE_MOVED:
        break;
    }
}

static void probe_all(void)
{
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        if (!t->detached && atomic_load(&t->wants_probe))
            probe_thread(t);
}

static void look_at_all(enum session_kind kind, bool is_last)
{
    list_each (struct sampler_thread, t, &threads_list, in_threads) {
        if (t->detached)
            continue;
        if (kind == SESSION_WALL)
            look_at_wall(t);
        else
            look_at_cpu(t, is_last);
    }
}

/* Returns the kind whose instant is the next, or SESSION_PROBE if there is
 * none. */
static enum session_kind next_kind(void)
{
    bool cpu = instants[SESSION_CPU].rate_hz > 0;
    bool wall = instants[SESSION_WALL].rate_hz > 0;
    if (cpu && wall)
        cpu = instants[SESSION_CPU].next_ns < instants[SESSION_WALL].next_ns;
    return cpu ? SESSION_CPU : wall ? SESSION_WALL : SESSION_PROBE;
}

/* Sleeps until the instant, or until a rate is set anew. Returns true if the
 * instant has come. [sampling_lock, released while it sleeps] */
static bool sleep_until(int64_t instant_ns)
{
    struct timespec until = {.tv_sec = instant_ns / 1000000000,
                             .tv_nsec = instant_ns % 1000000000};
    return pthread_cond_clockwait(&woken, &sampling_lock, CLOCK_MONOTONIC,
                                  &until) != 0;
}

/* The kernel's struct sched_attr; the C library of Debian 12 has none. */
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice_ns, deadline_ns, period_ns;
};

/* Asks the scheduler to let the thread run as soon as an instant has come. A
 * thread that asks for a short slice may interrupt threads with longer ones
 * (Linux 6.12; older kernels prefer a thread that sleeps most of the time
 * anyway). Otherwise the thread would wait, on a machine without an idle CPU,
 * until the thread that it should meet goes to sleep. */
static void ask_for_short_delays(void)
{
    const struct scheduling attributes = {
        .size = sizeof attributes, .policy = SCHED_OTHER, .slice_ns = SLICE_NS};
    prctl(PR_SET_TIMERSLACK, 1);
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void *sampling_main(void *arg)
{
    (void)arg;
    quiet_enter(); /* its waits and allocations are never sampled */
    ask_for_short_delays();
    pthread_mutex_lock(&sampling_lock);
    for (;;) {
        enum session_kind kind = next_kind();
        if (probes_wanted) {
            probes_wanted = false;
            probe_all();
        } else if (kind == SESSION_PROBE) {
            pthread_cond_wait(&woken, &sampling_lock);
        } else if (sleep_until(instants[kind].next_ns) &&
                   instants[kind].rate_hz > 0) {
            look_at_all(kind, false);
            draw_next(&instants[kind]);
        }
    }
    return NULL;
}

bool sampling_thread_start(struct err *err)
{
    pthread_t thread;
    sigset_t blocked, old;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV); /* for fault_guard.h */
    sigdelset(&blocked, SIGBUS);
    pthread_cond_init(&woken, NULL);
    random_state = random_seed();
    if (!outside_init())
        return err_set(err, "out of memory for the sampling thread");
    pthread_sigmask(SIG_SETMASK, &blocked, &old);
    int failed = pthread_create(&thread, NULL, sampling_main, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        return err_set(err, "cannot start the sampling thread: %s",
                       strerror(failed));
    pthread_setname_np(thread, "sampling");
    pthread_detach(thread);
    return true;
}

/* Makes the next sample of each thread weigh the time from now on. */
static void restart(enum session_kind kind)
{
    list_each (struct sampler_thread, t, &threads_list, in_threads) {
        if (t->detached)
            continue;
        if (kind == SESSION_CPU)
            t->last_ns = clock_read_ns(t->clock);
        else {
            atomic_store(&t->wants_wall, false);
            t->wall_last_ns = clock_mono_ns();
        }
    }
}

void sampling_thread_set_rate(enum session_kind kind, int rate_hz)
{
    struct instants *in = &instants[kind];
    quiet_lock(&sampling_lock);
    if (in->rate_hz == 0 && rate_hz > 0)
        restart(kind);
    if (in->rate_hz != rate_hz) {
        in->rate_hz = rate_hz;
        if (rate_hz > 0) {
            in->next_ns = clock_mono_ns();
            draw_next(in);
        }
        pthread_cond_signal(&woken);
    }
    quiet_unlock(&sampling_lock);
}

void sampling_thread_look_last(enum session_kind kind)
{
    quiet_lock(&sampling_lock);
    look_at_all(kind, true);
    quiet_unlock(&sampling_lock);
}

void sampling_thread_probe(void)
{
    quiet_lock(&sampling_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        atomic_store(&t->wants_probe, !t->detached && !t->is_foreign);
    probed_ns = clock_mono_ns();
    probes_wanted = true;
    pthread_cond_signal(&woken);
    quiet_unlock(&sampling_lock);
}

unsigned sampling_thread_probe_again(void)
{
    unsigned waiting = 0;
    quiet_lock(&sampling_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        waiting += !t->detached && atomic_load(&t->wants_probe);
    if (waiting > 0) {
        probes_wanted = true;
        pthread_cond_signal(&woken);
    }
    quiet_unlock(&sampling_lock);
    return waiting;
}

/* A thread that runs Lua completes its samples within microseconds. A thread
 * that has not done so after this time is stuck in a C function, and is asked.
 * Later, its samples are published without a Lua stack. */
static const int64_t ASK_AFTER_NS = 4000000, FORCE_AFTER_NS = 70000000;

/* Returns true if the thread has not answered an ask of this kind, and may do
 * so: it does not block the signal. */
static bool owes_answer(const struct sampler_thread *t, enum session_kind kind)
{
    if (t->blocked_ns > t->last_ns)
        return false;
    return kind == SESSION_CPU    ? atomic_load(&t->asked_ns) != 0
           : kind == SESSION_WALL ? atomic_load(&t->wants_wall)
                                  : false;
}

/* Returns true if the thread is waited for. */
static bool flush_thread(struct sampler_thread *t, enum session_kind kind,
                         int64_t waited_ns)
{
    if (atomic_load(&t->n_pending) == 0)
        return owes_answer(t, kind);
    if (waited_ns < ASK_AFTER_NS)
        return true;
    bool runs = is_running(t), force = waited_ns >= FORCE_AFTER_NS;
    if (kind == SESSION_PROBE && !runs)
        probe_thread(t);
    if (runs || (kind == SESSION_CPU && force))
        cpu_flush(t, force);
    return runs || kind == SESSION_CPU;
}

unsigned sampling_thread_flush(enum session_kind kind, int64_t waited_ns)
{
    unsigned waiting = 0;
    quiet_lock(&sampling_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        if (!t->detached)
            waiting += flush_thread(t, kind, waited_ns);
    quiet_unlock(&sampling_lock);
    return waiting;
}

void sampling_thread_publish(void)
{
    quiet_lock(&sampling_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        ring_publish(t->outside);
    quiet_unlock(&sampling_lock);
}
