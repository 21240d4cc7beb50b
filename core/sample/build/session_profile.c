#include "sample/build/session_profile.h"

#include <inttypes.h>
#include <stdio.h>

#include "profile/profile.h"
#include "sample/build/locations.h"
#include "sample/walk/slow_requests.h"
#include "sample/build/stack_samples.h"
#include "sample/tables/stacks.h"
#include "sample/walk/vm_line.h"

static void add_stack_entry(struct profile *p, struct locations *locations,
                            const struct stack_entry *entry)
{
    const int64_t values[] = {entry->count, entry->weight};
    const struct stack_sample sample = {.frames = entry->frames,
                                        .n_frames = entry->n_frames,
                                        .labels = entry->labels,
                                        .values = values};
    stack_samples_add(p, locations, &sample);
}

static void add_stacks(struct profile *p, struct locations *locations,
                       const struct stacks *stacks)
{
    for (uint32_t i = 0; i < stacks_n(stacks); i++) {
        struct stack_entry entry = stacks_get(stacks, i);
        add_stack_entry(p, locations, &entry);
    }
    struct stack_entry overflow = stacks_overflow(stacks);
    if (overflow.count > 0)
        add_stack_entry(p, locations, &overflow);
}

/* Adds the stacks of slow requests only. The overflow belongs to no request, so
 * it is only told in a comment. */
static void add_slow_stacks(struct profile *p, struct locations *locations,
                            const struct session_profile_source *source)
{
    for (uint32_t i = 0; i < stacks_n(source->stacks); i++) {
        struct stack_entry entry = stacks_get(source->stacks, i);
        if (slow_requests_has(source->slow, entry.labels, &entry.labels))
            add_stack_entry(p, locations, &entry);
    }
    char text[128];
    size_t n_sampled, n_slow;
    slow_requests_count(source->slow, &n_sampled, &n_slow);
    snprintf(text, sizeof text,
             "slow requests only: %zu of the %zu that samples saw, %" PRId64
             " samples did not fit",
             n_slow, n_sampled, stacks_overflow(source->stacks).count);
    profile_add_comment(p, text);
}

/* Adds two comments, which go tool pprof prints above every report. Counts that
 * are 0 are left out, except the number of samples. */
static void add_cpu_comments(struct profile *p,
                             const struct session_profile_source *source)
{
    static const char *const names[N_COUNTS] = {
        [COUNT_TAKEN] = "taken",
        [COUNT_RING_FULL] = "dropped (ring full)",
        [COUNT_NESTED] = "deferred to the next",
        [COUNT_NO_ROOM] = "deferred (small signal stack)",
        [COUNT_LATE] = "deferred (the thread waited for a CPU)",
        [COUNT_NO_LUA_STACK] = "without their Lua stack",
        [COUNT_SKIDDED] = "at the nearest surviving frame",
        [COUNT_TAIL_CALLED] = "replaced by a tail call",
        [COUNT_LUA_TRUNCATED] = "with a truncated Lua stack",
        [COUNT_NATIVE_TRUNCATED] = "with a truncated native stack",
    };
    char text[512];
    snprintf(text, sizeof text,
             "perilune %s: %d Hz requested, weighed by CPU time, leaf lines %s",
             PERILUNE_VERSION, source->rate_hz,
             vm_line_is_exact() ? "exact" : "at the next safe point");
    profile_add_comment(p, text);
    int n = snprintf(text, sizeof text, "samples: ");
    for (int i = 0; i < N_COUNTS; i++)
        if (i == COUNT_TAKEN || source->counts[i] > 0)
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%" PRIu64 " %s",
                          i > 0 ? ", " : "", source->counts[i], names[i]);
    profile_add_comment(p, text);
    snprintf(text, sizeof text,
             "CPU time: process %.3f s, watched %.3f s, sampled %.3f s; "
             "samples by the sampling thread, at random instants",
             (double)source->cpu.process_ns / 1e9,
             (double)source->cpu.watched_ns / 1e9,
             (double)source->cpu.sampled_ns / 1e9);
    profile_add_comment(p, text);
}

static void add_wall_comment(struct profile *p,
                             const struct session_profile_source *source)
{
    char text[128];
    snprintf(text, sizeof text,
             "perilune %s: %d Hz of wall time, threads and tasks that wait",
             PERILUNE_VERSION, source->rate_hz);
    profile_add_comment(p, text);
}

/* Adds a comment for each reason for which SIGPROF did not reach threads. */
static void add_signal_comments(struct profile *p,
                                const struct signal_losses *losses)
{
    char text[384];
    if (losses->n_taken > 0) {
        snprintf(text, sizeof text,
                 "SIGPROF was taken over by a C module (%s): no samples "
                 "meanwhile, %.3f s of CPU time are left out",
                 losses->holder, (double)losses->taken_ns / 1e9);
        profile_add_comment(p, text);
    }
    if (losses->n_blocked > 0) {
        snprintf(text, sizeof text,
                 "SIGPROF was blocked in a thread (%s): %.3f s of CPU time "
                 "are left out",
                 losses->thread, (double)losses->blocked_ns / 1e9);
        profile_add_comment(p, text);
    }
    if (losses->n_timers > 0)
        profile_add_comment(p, "SIGPROF was sent by a timer of a C module "
                               "(setitimer) too");
}

bool session_profile_add(struct profile *p,
                         const struct session_profile_source *source,
                         struct err *err)
{
    struct locations *locations = locations_new(p);
    if (locations) {
        struct profile_header *header = profile_header(p);
        header->time_ns = source->time_ns;
        header->duration_ns = source->duration_ns;
        header->period = 1000000000 / source->rate_hz;
        if (source->kind == SESSION_WALL)
            add_wall_comment(p, source);
        else
            add_cpu_comments(p, source);
        add_signal_comments(p, &source->losses);
        if (source->slow)
            add_slow_stacks(p, locations, source);
        else
            add_stacks(p, locations, source->stacks);
        if (source->more)
            add_stacks(p, locations, source->more);
    }
    return locations_finish(locations, err);
}
