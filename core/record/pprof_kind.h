/* pprof_kind.h -- the profiles that /debug/pprof/ offers, by name: what they
 * hold and how they look when they hold nothing.
 */
#ifndef RECORD_PPROF_KIND_H
#define RECORD_PPROF_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct profile;
struct tally;

struct pprof_value_type {
    const char *type, *unit;
};

/* Who records it. */
enum pprof_source {
    PPROF_CPU,        /* a session, while a request waits */
    PPROF_WALL,       /* wall.c, while a request waits */
    PPROF_HEAP,       /* heap.c, since the start */
    PPROF_GOROUTINES, /* goroutines.c, as they are now */
    PPROF_TALLY,      /* the kind's tally, since the start */
    PPROF_TRACE,      /* trace.c, while a request waits; no profile */
};

struct pprof_kind {
    const char *name;
    const char *description; /* one sentence */
    enum pprof_source source;
    struct tally *tally;                     /* of PPROF_TALLY */
    struct pprof_value_type sample_types[4]; /* up to the first NULL */
    struct pprof_value_type period_type;
    int64_t period;
    const char *default_sample_type; /* or NULL */
};

/* All of them, sorted by name. */
extern const struct pprof_kind pprof_kinds[];
extern const size_t pprof_n_kinds;

/* NULL: there is no such profile. */
const struct pprof_kind *pprof_kind_find(const char *name);

/* Is it of the time that the request waits? */
bool pprof_kind_is_timed(const struct pprof_kind *kind);

/* A profile of the kind without samples, the caller's. duration 0: it is
 * cumulative. NULL and err when out of memory. */
struct profile *pprof_kind_empty(const struct pprof_kind *kind, int64_t time_ns,
                                 int64_t duration_ns, struct err *err);

#endif
