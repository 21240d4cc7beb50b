/* tally.h -- counts events, or live objects, per stack.
 *
 * A tally is a table of stacks (stacks.h) with a lock: for threads that were
 * created, waits for locks, coroutines that wait. The tallies of the program
 * last as long as the process; a profile of a span of time is the difference of
 * two snapshots.
 *
 * Path: thread_create.c, contention.c, coroutines.c -> [tally]
 *       -> tally_profile.c
 */
#ifndef SAMPLE_TABLES_TALLY_H
#define SAMPLE_TABLES_TALLY_H

#include <pthread.h>
#include <stdint.h>

struct stacks;

struct tally {
    pthread_mutex_t lock;  /* a quiet lock (quiet.h), guards the rest; no lock
                              is taken while it is held */
    struct stacks *stacks; /* NULL until the first event; at most 8 MiB */
};

#define TALLY_INIT                                                             \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER                                      \
    }

/* Adds `count` events that weigh `weight` together, at this stack of ids of
 * frames.h, leaf first. NULL and 0 frames mean that the stack is not known.
 * Drops the events if there is no memory for the table itself.
 * [any thread, not in a handler] */
void tally_add(struct tally *tally, const uint32_t *frames, uint32_t n_frames,
               uint32_t labels, int64_t count, int64_t weight);

/* Returns the number of entries. [any thread, not in a handler] */
uint32_t tally_n(struct tally *tally);

/* Frees what the tally holds. For a tally that belongs to one profile. */
void tally_fini(struct tally *tally);

struct tally_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels;
    int64_t count, weight;
};

/* A copy of all entries. An entry has the same position in each later snapshot.
 * Events whose stack found no room are in `overflow`. */
struct tally_snapshot {
    uint32_t n;
    struct tally_entry overflow;
    struct tally_entry entries[];
};

/* Returns NULL if out of memory. The caller frees the snapshot with free().
 * [any thread, not in a handler] */
struct tally_snapshot *tally_snapshot_take(struct tally *tally);

#endif
