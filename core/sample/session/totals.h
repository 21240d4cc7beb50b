/* totals.h -- what became of all CPU samples since the start. */
#ifndef SAMPLE_SESSION_TOTALS_H
#define SAMPLE_SESSION_TOTALS_H

#include <stdint.h>

struct sample_totals {
    unsigned n_sessions; /* open now */
    uint64_t n_taken;
    uint64_t n_reported;  /* given to the sessions */
    uint64_t n_ring_full; /* lost: nobody had read for long */
    uint64_t n_deferred;  /* not taken: the next one has their time */
    /* Reported, but not in full. */
    uint64_t n_without_lua_stack, n_skidded, n_tail_called;
    uint64_t n_lua_truncated, n_native_truncated;
};

/* [any thread, no lock of the sampler's held] */
struct sample_totals sample_totals(void);

#endif
