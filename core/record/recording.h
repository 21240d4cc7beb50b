/* recording.h -- what one request for a profile records while it waits, or
 * compares with at its end: of each kind what it needs.
 *
 * Path: capture.c -> [recording] -> sample/, profile/label_filter.c
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/pprof_kind.h"
#include "profile/label_filter.h"
#include "sample/hooks/contention.h"

struct buf;
struct goroutines;

/* What comes of it. */
enum recording_result {
    RECORDING_PROFILE,
    RECORDING_TRACE, /* JSON */
    RECORDING_DUMP,  /* goroutines one by one, as text */
    RECORDING_INDEX, /* pprof_index.h */
};

struct recording_plan {
    const struct pprof_kind *kind;
    enum recording_result result;
    int64_t wait_ns; /* how long to record; 0: at once */
    bool is_delta;   /* of a cumulative kind */
    int rate_hz;     /* of CPU or wall time; 0: the default */
    int64_t block_rate_ns, mutex_fraction; /* wishes (contention.h), or 0 */
    int64_t slower_than_ns;     /* of requests that took as long; 0: all */
    struct label_filter labels; /* of the samples wanted */
};

struct recording {
    const struct recording_plan *plan;
    int64_t start_ns;                   /* since 1970 */
    struct session *session;            /* of the CPU, until its profile */
    struct wall *wall;                  /* until its profile */
    struct trace *trace;                /* until recording_fini */
    struct heap_snapshot *heap_start;   /* of a delta */
    struct tally_snapshot *tally_start; /* of a delta */
    struct contention_wish wish;        /* of a delta */
    bool has_wish;
    struct goroutines *goroutines; /* once workers are to be asked */
};

/* `recording` is zeroed; the plan stays in place. False and err when out of
 * memory: recording_fini it all the same. */
bool recording_start(struct recording *recording,
                     const struct recording_plan *plan, struct err *err);

/* The time is over. What the workers are to be asked for, which is the
 * recording's; NULL: nothing. */
struct goroutines *recording_end(struct recording *recording);

/* The profile, the caller's; NULL and err. [any thread, not a worker's] */
struct profile *recording_make_profile(struct recording *recording,
                                       struct err *err);

/* Append what is no profile. [any thread, not a worker's] */
bool recording_write(struct recording *recording, struct buf *text,
                     struct err *err);

/* Record no more. May come twice. */
void recording_stop(struct recording *recording);

void recording_fini(struct recording *recording);

#endif
