/* session_profile.h -- adds the stacks of a session to a profile, with names,
 * lines, mappings and labels. The comments tell the rate, and how many samples
 * were lost or are incomplete.
 *
 * Path: session.c -> [session_profile] -> stack_samples.c
 */
#ifndef SAMPLE_BUILD_SESSION_PROFILE_H
#define SAMPLE_BUILD_SESSION_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sample/walk/sample.h"
#include "sample/walk/signal_check.h"
#include "sample/walk/thread.h"

struct profile;
struct slow_requests;
struct stacks;

struct session_profile_source {
    enum session_kind kind;
    const struct stacks *stacks;
    const struct stacks *more;  /* added as they are, or NULL */
    struct slow_requests *slow; /* NULL: all samples are wanted. Otherwise the
                                   labels of `stacks` are tags of `slow`, and
                                   only samples of slow requests are wanted */
    int rate_hz;                /* that the session asked for */
    int64_t time_ns;            /* start of the recording, since 1970 */
    int64_t duration_ns;
    /* CPU time during the session. */
    struct cpu_times {
        int64_t process_ns, watched_ns, sampled_ns;
    } cpu;
    uint64_t counts[N_COUNTS];   /* samples of all threads during the session */
    struct signal_losses losses; /* during the session */
};

/* Adds the stacks to a profile whose sample types are the count and the weight,
 * and sets its times and its period. Returns false and sets err if out of
 * memory. [any thread, collector_lock not held, because symbols take long] */
bool session_profile_add(struct profile *profile,
                         const struct session_profile_source *source,
                         struct err *err);

#endif
