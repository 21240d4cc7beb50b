/* signal_check.h -- finds out whether SIGPROF reaches the threads.
 *
 * A C module may take the signal for itself (sigaction, signal), block it in a
 * thread (pthread_sigmask), or let a timer send it (setitimer). No sample is
 * taken then, or samples come late. The profiler does not fight for the signal:
 * while SIGPROF is another's no thread is signalled, because the new handler
 * would not expect that, and SIG_DFL would end the process. The log and the
 * profile's comments say what was found.
 *
 * Path: session/collector.c, cpu.c -> [signal_check] -> build/session_profile.c
 */
#ifndef SAMPLE_WALK_SIGNAL_CHECK_H
#define SAMPLE_WALK_SIGNAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct sampler_thread;

/* Sums since the start; a session subtracts those of its begin. */
struct signal_losses {
    uint64_t n_taken;   /* checks, and asks, that found another handler */
    int64_t taken_ns;   /* CPU time until the handler was back */
    uint64_t n_timers;  /* checks that found a timer of setitimer */
    uint64_t n_blocked; /* checks that found a thread that blocks SIGPROF */
    int64_t blocked_ns; /* CPU time of such threads meanwhile */
    char holder[256];   /* library of the other handler, SIG_DFL or SIG_IGN */
    char thread[16];    /* name of the thread that was last found */
};

/* Returns true if the process's handler of SIGPROF is the sampler's. Otherwise
 * counts an ask that was not made. Costs a system call. [any thread] */
bool signal_check_may_send(void);

/* Leaves the CPU time since the thread's previous sample out of all profiles:
 * another handler had SIGPROF meanwhile, and the next sample must not stand for
 * that time. [the sampling thread, sampling_lock] */
void signal_check_skip(struct sampler_thread *t);

/* Checks the handler, and each thread that does not answer. Signals such a
 * thread again, because its signal may have met another handler. [any thread,
 * collector_lock, at each reading and at the begin and end of a session] */
void signal_check(void);

/* Copies the sums. [collector_lock] */
void signal_check_read(struct signal_losses *losses);

#endif
