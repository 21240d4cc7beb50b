/* profile_kind.h -- the kinds of profiles that the program records.
 *
 * One kind per file, profile_kind_NAME.c, behind this interface, and one line
 * per kind in the list below. The endpoints below /debug/pprof/, their index,
 * `perilune run` and `perilune load --profile` read that list, so that a new
 * kind is there for all of them.
 *
 * A kind has facts and functions. `perilune load` takes profiles from another
 * process: it uses the facts only.
 *
 * Path: pprof/pprof_plan.c, cli/run_profiles.c -> recording.c ->
 *       [profile_kind] -> sample/
 */
#ifndef RECORD_PROFILE_KIND_H
#define RECORD_PROFILE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
struct gathering;
struct profile;
struct recording;

/* The time that the values of a profile cover. */
enum profile_kind_span {
    PROFILE_KIND_TIMED,      /* the time in which it is recorded */
    PROFILE_KIND_CUMULATIVE, /* from the start of the program, or of a delta */
    PROFILE_KIND_MOMENT,     /* the moment at which the recording ends */
};

/* The query parameters that not all kinds take. Flags. */
enum profile_kind_parameter {
    PROFILE_TAKES_RATE_HZ = 1,        /* `rate`: samples per second */
    PROFILE_TAKES_SLOWER_THAN = 2,    /* `slower_than`: only slow requests */
    PROFILE_TAKES_BLOCK_RATE = 4,     /* `rate`: nanoseconds, of a delta */
    PROFILE_TAKES_MUTEX_FRACTION = 8, /* `fraction`, of a delta */
    PROFILE_TAKES_GC = 16,            /* `gc=1`: collect garbage first; ignored
                                         in a delta */
    PROFILE_TAKES_PROFILER = 64,      /* `profiler=1`: its own blocks too */
    PROFILE_TAKES_FULL_TEXT = 32,     /* `debug=2` is made by `write` */
};

struct profile_kind_value {
    const char *type, *unit;
};

struct profile_kind {
    const char *name;     /* in options, thresholds and reports: "cpu" */
    const char *endpoint; /* below /debug/pprof/: "profile" */
    /* One clause that says what the profile shows, without a full stop. The
     * index page (as HTML) and help texts print it. */
    const char *description;
    char letter; /* the short option of `perilune run`, or 0 */

    enum profile_kind_span span;
    unsigned parameters;    /* enum profile_kind_parameter */
    double default_seconds; /* of a timed kind */
    double max_seconds; /* `seconds` may have a fraction, and be as long; 0: a
                           whole number of any size, as Go's */

    struct profile_kind_value sample_types[4]; /* up to the first NULL */
    struct profile_kind_value period_type;
    int64_t period;                  /* 0: `build` sets it */
    const char *default_sample_type; /* or NULL */
    /* The sample type that the report of a load test shows. NULL: a load test
     * cannot take this kind. */
    const char *shown_type;

    /* The file that `write` writes. */
    const char *written_extension, *written_content_type;

    /* Switches on what has to be on from the start of the process. NULL if
     * nothing has. Called after sampler_init and before the first script runs;
     * may be called more than once. */
    void (*prepare)(void);

    /* Starts to record and sets recording->state. NULL if there is nothing to
     * do. Returns false and sets err if out of memory. */
    bool (*begin)(struct recording *recording, struct err *err);

    /* Called when the recorded time is over. Returns the next question to all
     * Lua states (gathering.h), which becomes recording->gathering, or NULL if
     * no question is left. Called again after each answer. The callback is NULL
     * if the kind asks nothing. */
    struct gathering *(*end)(struct recording *recording);

    /* Makes the profile. Returns NULL and sets err if out of memory. The caller
     * frees the profile. NULL for a kind that only `write` makes. [any thread,
     * not a worker's] */
    struct profile *(*build)(struct recording *recording, struct err *err);

    /* Appends a result that is not a profile: the kind's only one, or the full
     * text of PROFILE_TAKES_FULL_TEXT. Returns false and sets err if out of
     * memory. NULL if there is none. [any thread, not a worker's] */
    bool (*write)(struct recording *recording, struct buf *text,
                  struct err *err);

    /* Returns the number that the index page shows for the kind, for example of
     * stacks, or -1 if out of memory. Called after `end`, in place of `build`.
     * The callback is NULL if the kind has no such number. [any thread, not a
     * worker's] */
    int64_t (*count)(struct recording *recording);

    /* Frees a recording->state that neither `build` nor `write` has set to
     * NULL. NULL if the kind has no state. */
    void (*discard)(struct recording *recording);
};

/* All kinds, in the order of reports. */
#define PROFILE_KINDS(KIND)                                                    \
    KIND(cpu)                                                                  \
    KIND(heap)                                                                 \
    KIND(allocs)                                                               \
    KIND(wall)                                                                 \
    KIND(block)                                                                \
    KIND(mutex)                                                                \
    KIND(goroutine)                                                            \
    KIND(threadcreate)                                                         \
    KIND(goroutineleak)                                                        \
    KIND(trace)

#define PROFILE_KIND_DECLARE(name)                                             \
    extern const struct profile_kind profile_kind_##name;
PROFILE_KINDS(PROFILE_KIND_DECLARE)
#undef PROFILE_KIND_DECLARE

#define PROFILE_KIND_ADD_ONE(name) +1
enum { PROFILE_N_KINDS = 0 PROFILE_KINDS(PROFILE_KIND_ADD_ONE) };
#undef PROFILE_KIND_ADD_ONE

extern const struct profile_kind *const profile_kinds[PROFILE_N_KINDS];

/* Returns the position of a kind in the list. */
unsigned profile_kind_id(const struct profile_kind *kind);

/* Returns the kind of this endpoint; NULL if there is none. */
const struct profile_kind *profile_kind_of_endpoint(const char *endpoint);

/* Returns the kind of this name that a load test can take, NULL if there is
 * none. `name` need not end with a NUL. */
const struct profile_kind *profile_kind_of_load(const char *name, size_t n);

/* Writes the names of the kinds that a load test can take: "cpu, heap, ...". */
void profile_kind_names_of_load(char *out, size_t size);

/* Returns the position of a sample type of the kind; -1 if it has none of this
 * name. */
int profile_kind_sample_type(const struct profile_kind *kind, const char *name);

/* Calls `prepare` of all kinds, for a server, which may be asked for any. */
void profile_kinds_prepare(void);

/* Returns a profile of the kind without samples; NULL, with err set, if out of
 * memory. The caller frees it. `duration_ns` is 0 for what is cumulative. */
struct profile *profile_kind_empty(const struct profile_kind *kind,
                                   int64_t time_ns, int64_t duration_ns,
                                   struct err *err);

#endif
