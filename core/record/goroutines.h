/* goroutines.h -- what all coroutines and threads are at, gathered at one
 * moment: each worker counts the coroutines of its states, the stacks of the
 * threads, one that is stuck included, are probed.
 *
 * Path: capture.c -> server.c -> worker.c -> [goroutines] -> tally_profile.c
 */
#ifndef RECORD_GOROUTINES_H
#define RECORD_GOROUTINES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "sample/session/goroutine_dump.h"
#include "sample/tables/tally.h"
#include "sample/session/wall.h"

struct profile;

enum goroutines_wanted {
    GOROUTINES_COUNTS,
    GOROUTINES_WAITS, /* for a profile of wall time */
    GOROUTINES_TRACE, /* told to a trace */
    GOROUTINES_DUMP,
};

/* Lives until all who may still write to it have let go: a worker that is
 * stuck answers late, or never. */
struct goroutines {
    struct tally tally;
    enum goroutines_wanted wanted;
    struct wall_window window; /* of GOROUTINES_WAITS; set by who made it */
    uint64_t trace;            /* of GOROUTINES_TRACE: its number; likewise */
    struct goroutine_dump dump;
    atomic_int n_users;   /* who hold it */
    atomic_int n_waiting; /* who have not counted yet */
};

/* Held once. NULL when out of memory. */
struct goroutines *goroutines_new(enum goroutines_wanted wanted);
void goroutines_release(struct goroutines *goroutines);

/* Take what is wanted of a scheduler. [its thread] */
struct scheduler;
void goroutines_count(struct goroutines *goroutines,
                      struct scheduler *scheduler);

/* A worker, or another thread, is asked, and holds it; it has counted, and lets
 * go. */
void goroutines_ask(struct goroutines *goroutines);
void goroutines_answer(struct goroutines *goroutines);

/* Have all workers that were asked counted? */
bool goroutines_are_counted(const struct goroutines *goroutines);

/* Add the stacks of the threads and all that was counted to a profile whose
 * sample type is the count. False and err when out of memory. [any thread, not
 * a worker's] */
bool goroutines_add_to(struct goroutines *goroutines, struct profile *profile,
                       struct err *err);

/* Their number, threads included; negative when out of memory. [any thread, not
 * a worker's] */
int64_t goroutines_number(struct goroutines *goroutines);

/* The same as text, of GOROUTINES_DUMP. */
bool goroutines_write(struct goroutines *goroutines, struct buf *text,
                      struct err *err);

#endif
