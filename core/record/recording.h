/* recording.h -- one recording of one kind of profile, from the request to the
 * profile.
 *
 *   recording_start   begins to record; the caller then waits plan->wait_ns
 *   recording_end     ends the recorded time; may ask all Lua states
 *   recording_build   makes the profile; recording_write makes a result that is
 *                     not a profile
 *   recording_fini    frees the recording, after any of these calls
 *
 * In the server, start and end are called on the admin thread, build on the
 * exporter thread, write on a thread of libuv's pool. In `perilune run`, the
 * script's thread starts, and the thread that ends the run calls the others.
 *
 * Path: pprof/capture.c, cli/run_profiles.c -> [recording] ->
 *       profile_kind_*.c, profile/label_filter.c
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/label_filter.h"
#include "record/profile_kind.h"

struct buf;
struct gathering;

struct recording_plan {
    const struct profile_kind *kind;
    bool is_written; /* kind->write makes the result, and not kind->build */
    bool is_delta;   /* `seconds` was given: a cumulative kind gives only the
                        events of wait_ns; a moment kind only waits */
    int64_t wait_ns; /* length of the recorded time; may be 0 */
    int rate_hz;     /* samples of CPU or wall time; 0: the default */
    int64_t block_rate_ns, mutex_fraction; /* wishes (contention.h), or 0 */
    bool shows_profiler;    /* memory: with the profiler's own blocks */
    int64_t slower_than_ns; /* keeps only requests as long as this; 0: all */
    struct label_filter labels; /* selects samples */
};

struct recording {
    const struct recording_plan *plan;
    int64_t start_ns;            /* since 1970 */
    void *state;                 /* the kind's own */
    struct gathering *gathering; /* the last question, or NULL */
};

/* Starts to record. `recording` is zeroed, `plan` stays in place. Returns false
 * and sets err if out of memory; recording_fini is called all the same. */
bool recording_start(struct recording *recording,
                     const struct recording_plan *plan, struct err *err);

/* Called when the time is over. Returns the next question to all Lua states,
 * which the recording holds; the caller asks it and calls again. Returns NULL
 * when nothing more is asked. */
struct gathering *recording_end(struct recording *recording);

/* Returns the profile; NULL, with err set, if out of memory. The caller frees
 * it. [any thread, not a worker's] */
struct profile *recording_build(struct recording *recording, struct err *err);

/* Appends the result of kind->write. Returns false and sets err if out of
 * memory. [any thread, not a worker's] */
bool recording_write(struct recording *recording, struct buf *text,
                     struct err *err);

/* Frees what the recording still holds. May be called twice. */
void recording_fini(struct recording *recording);

#endif
