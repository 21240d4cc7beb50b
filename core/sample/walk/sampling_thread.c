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
#include "sample/walk/thread.h"

/* A gap is at most so many mean gaps, so that a change of the rate takes effect
 * soon. One gap in 3,000 is longer. */
enum { MAX_MEAN_GAPS = 8 };

/* A thread that is so late for an instant counts from now on, and does not
 * catch up: a burst of instants would weigh this moment too much. */
static const int64_t LATE_NS = 4000000;

/* The shortest slice that the kernel grants. */
enum { SLICE_NS = 100000 };

static int rate_hz;             /* 0: no session [sampling_lock] */
static pthread_cond_t rate_set; /* [sampling_lock] */

static int64_t draw_gap_ns(uint64_t *random)
{
    const int64_t mean_ns = 1000000000 / rate_hz;
    int64_t gap_ns = random_gap(random, (double)mean_ns);
    return gap_ns < MAX_MEAN_GAPS * mean_ns ? gap_ns : MAX_MEAN_GAPS * mean_ns;
}

/* Asks the thread for a sample if it has used CPU time since the previous look
 * and runs now. [sampling_lock] */
static void look_at(struct sampler_thread *t, int64_t ask_ns)
{
    int64_t cpu_ns = clock_read_ns(t->clock);
    if (cpu_ns == t->looked_ns)
        return;
    t->looked_ns = cpu_ns;
    bool is_asked = atomic_load(&t->asked_ns) != 0;
    if (!is_asked && thread_state_is_running(t->state))
        cpu_ask(t, ask_ns > 0 ? ask_ns : clock_mono_ns());
}

/* [sampling_lock] */
static void look_at_all(int64_t ask_ns)
{
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        if (!t->detached)
            look_at(t, ask_ns);
}

/* Sleeps until the instant, or until the rate is set anew. Returns true if the
 * instant has come. [sampling_lock, released while it sleeps] */
static bool sleep_until(int64_t instant_ns)
{
    struct timespec until = {.tv_sec = instant_ns / 1000000000,
                             .tv_nsec = instant_ns % 1000000000};
    return pthread_cond_clockwait(&rate_set, &sampling_lock, CLOCK_MONOTONIC,
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
    uint64_t random = random_seed();
    int64_t instant_ns = 0;
    quiet_enter(); /* its waits and allocations are never sampled */
    ask_for_short_delays();
    pthread_mutex_lock(&sampling_lock);
    for (;;) {
        if (rate_hz == 0) {
            pthread_cond_wait(&rate_set, &sampling_lock);
            continue;
        }
        int64_t now_ns = clock_mono_ns();
        if (now_ns - instant_ns > LATE_NS)
            instant_ns = now_ns;
        instant_ns += draw_gap_ns(&random);
        if (sleep_until(instant_ns))
            look_at_all(0);
    }
    return NULL;
}

bool sampling_thread_start(struct err *err)
{
    pthread_t thread;
    sigset_t all, old;
    sigfillset(&all);
    pthread_cond_init(&rate_set, NULL);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&thread, NULL, sampling_main, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        return err_set(err, "cannot start the sampling thread: %s",
                       strerror(failed));
    pthread_setname_np(thread, "sampling");
    pthread_detach(thread);
    return true;
}

void sampling_thread_set_rate(int rate)
{
    quiet_lock(&sampling_lock);
    if (rate_hz == 0 && rate > 0)
        list_each (struct sampler_thread, t, &threads_list, in_threads)
            if (!t->detached)
                t->last_ns = clock_read_ns(t->clock);
    if (rate != rate_hz)
        pthread_cond_signal(&rate_set);
    rate_hz = rate;
    quiet_unlock(&sampling_lock);
}

void sampling_thread_look_last(void)
{
    quiet_lock(&sampling_lock);
    look_at_all(CPU_ASK_ANY_TIME);
    quiet_unlock(&sampling_lock);
}
