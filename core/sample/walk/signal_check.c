#include "sample/walk/signal_check.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "sample/walk/thread.h"

/* A thread answers within microseconds, or when it gets a CPU. Of CPU time it
 * needs far less than MAX_UNSAMPLED_NS: a thread that waits for a CPU inside
 * the signal handler, where SIGPROF is blocked, is not one that blocks it. */
static const int64_t PATIENCE_NS = 100000000, MAX_UNSAMPLED_NS = 20000000;

static struct signal_losses sums; /* [collector_lock], but for n_taken: */
static _Atomic uint64_t n_unsent;
static _Atomic int64_t skipped_ns;

bool signal_check_may_send(void)
{
    struct sigaction now;
    if (signals_has(SIGPROF, &now))
        return true;
    atomic_fetch_add(&n_unsent, 1);
    return false;
}

void signal_check_skip(struct sampler_thread *t)
{
    int64_t now_ns = clock_read_ns(t->clock);
    atomic_fetch_add(&skipped_ns, now_ns - t->last_ns);
    t->last_ns = now_ns;
}

static void name_holder(const struct sigaction *now)
{
    Dl_info info;
    const char *name = "unknown code";
    if (now->sa_handler == SIG_DFL)
        name = "SIG_DFL";
    else if (now->sa_handler == SIG_IGN)
        name = "SIG_IGN";
    else if (dladdr((void *)now->sa_handler, &info) && info.dli_fname)
        name = info.dli_fname;
    snprintf(sums.holder, sizeof sums.holder, "%s", name);
}

/* Returns true if the handler is the sampler's. Logs each change. */
static bool check_handler(void)
{
    static bool was_ours = true;
    struct sigaction now;
    bool is_ours = signals_has(SIGPROF, &now);
    if (!is_ours) {
        sums.n_taken++;
        name_holder(&now);
    }
    if (was_ours && !is_ours)
        log_write(LOG_WARN, "sigprof_taken",
                  LOG_FIELDS(log_text("by", sums.holder),
                             log_text("note", "no thread is sampled until the "
                                              "profiler's handler is back")));
    else if (!was_ours && is_ours)
        log_write(LOG_INFO, "sigprof_given_back",
                  LOG_FIELDS(log_text("note", "threads are sampled again")));
    was_ours = is_ours;
    return is_ours;
}

static void check_timer(void)
{
    static bool was_set;
    struct itimerval timer;
    bool is_set = getitimer(ITIMER_PROF, &timer) == 0 &&
                  (timer.it_value.tv_sec > 0 || timer.it_value.tv_usec > 0);
    sums.n_timers += is_set;
    if (is_set && !was_set)
        log_write(LOG_WARN, "sigprof_timer",
                  LOG_FIELDS(log_text("note", "a C module has set a timer of "
                                              "SIGPROF by setitimer")));
    was_set = is_set;
}

/* Reads a line of the thread's status that begins with `key`. */
static bool read_status(pid_t tid, const char *key, char *value, size_t size)
{
    char line[256];
    bool found = false;
    snprintf(line, sizeof line, "/proc/self/task/%d/status", (int)tid);
    FILE *file = fopen(line, "re");
    while (file && !found && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) {
            snprintf(value, size, "%s", line + strlen(key) + 2);
            value[strcspn(value, "\n")] = '\0';
            found = true;
        }
    if (file)
        fclose(file);
    return found;
}

static bool blocks_signal(pid_t tid)
{
    char mask[32];
    uint64_t bits;
    return read_status(tid, "SigBlk", mask, sizeof mask) &&
           sscanf(mask, "%" SCNx64, &bits) == 1 &&
           (bits >> (SIGPROF - 1) & 1) != 0;
}

/* Counts the CPU time that the thread has used without a sample. */
static void count_blocked(struct sampler_thread *t)
{
    int64_t now_ns = clock_read_ns(t->clock);
    bool is_new = t->blocked_ns < t->checked_cpu_ns;
    int64_t ns = now_ns - (is_new ? t->checked_cpu_ns : t->blocked_ns);
    t->blocked_ns = now_ns;
    sums.n_blocked++;
    sums.blocked_ns += ns > 0 ? ns : 0;
    if (!is_new)
        return;
    read_status(t->tid, "Name", sums.thread, sizeof sums.thread);
    log_write(LOG_WARN, "sigprof_blocked",
              LOG_FIELDS(log_text("thread", sums.thread),
                         log_integer("tid", t->tid),
                         log_text("note", "the thread is not sampled while it "
                                          "blocks SIGPROF")));
}

/* [threads_lock] */
static void check_thread(struct sampler_thread *t)
{
    int64_t ask_ns = atomic_load(&t->asked_ns), now_ns = clock_mono_ns();
    if (ask_ns == 0)
        ask_ns = atomic_load(&t->wants_wall);
    if (ask_ns != t->checked_ask_ns) {
        t->checked_ask_ns = ask_ns;
        t->checked_since_ns = now_ns;
        t->checked_cpu_ns = clock_read_ns(t->clock);
    }
    if (ask_ns == 0 || now_ns - t->checked_since_ns < PATIENCE_NS ||
        clock_read_ns(t->clock) - t->checked_cpu_ns < MAX_UNSAMPLED_NS)
        return;
    if (blocks_signal(t->tid))
        count_blocked(t);
    else
        pthread_kill(t->pthread, SIGPROF);
}

void signal_check(void)
{
    check_timer();
    if (!check_handler())
        return;
    pthread_mutex_lock(&threads_lock);
    list_each (struct sampler_thread, t, &threads_list, in_threads)
        if (!t->detached)
            check_thread(t);
    pthread_mutex_unlock(&threads_lock);
}

void signal_check_read(struct signal_losses *losses)
{
    *losses = sums;
    losses->n_taken += atomic_load(&n_unsent);
    losses->taken_ns = atomic_load(&skipped_ns);
}
