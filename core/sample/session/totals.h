/* totals.h -- counts all CPU samples since the process started by their
 * outcome, for /metrics. Every sample that was taken is in the end either
 * reported or counted as lost; a sample that still waits for its Lua stack or
 * in a ring is neither yet.
 *
 * Path: collector.c, walk/thread.c -> [totals] -> serve/metrics.c
 */
#ifndef SAMPLE_SESSION_TOTALS_H
#define SAMPLE_SESSION_TOTALS_H

#include <stdint.h>

struct sample_totals {
    unsigned n_sessions; /* open now, of CPU and of wall time */
    uint64_t n_taken;
    uint64_t n_reported;  /* given to the sessions */
    uint64_t n_ring_full; /* lost: the collector did not read in time */
    uint64_t n_deferred;  /* not taken; the next sample has their time */
    /* Reported, but incomplete (enum sample_count). */
    uint64_t n_without_lua_stack, n_skidded, n_tail_called;
    uint64_t n_lua_truncated, n_native_truncated;
};

/* Takes collector_lock and threads_lock, one after the other. [any thread, no
 * lock of the sampler held] */
struct sample_totals sample_totals(void);

#endif
