/* tally.h -- what happened, or is there, by stack, counted and weighed: threads
 * that were made, and the like.
 *
 * Path: thread_create.c -> [tally] -> tally_profile.c
 */
#ifndef SAMPLE_TABLES_TALLY_H
#define SAMPLE_TABLES_TALLY_H

#include <pthread.h>
#include <stdint.h>

struct stacks;

struct tally {
    pthread_mutex_t lock; /* guards the rest; nothing is taken inside,
                             and it is taken by quiet_lock */
    struct stacks *stacks;
};

#define TALLY_INIT                                                             \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER                                      \
    }

/* `count` more events, weighing `weight` together, at this stack of ids of
 * frames.h, leaf first. [any thread, not in a handler] */
void tally_add(struct tally *tally, const uint32_t *frames, uint32_t n_frames,
               uint32_t labels, int64_t count, int64_t weight);

/* The number of its entries. [any thread] */
uint32_t tally_n(struct tally *tally);

/* Forget all, of a tally that is not the program's. */
void tally_fini(struct tally *tally);

struct tally_entry {
    const uint32_t *frames; /* ids of frames.h, leaf first */
    uint32_t n_frames;
    uint32_t labels;
    int64_t count, weight;
};

/* All entries as they are now. An entry keeps its place in later snapshots;
 * what found no room is summed up in `overflow`. */
struct tally_snapshot {
    uint32_t n;
    struct tally_entry overflow;
    struct tally_entry entries[];
};

/* NULL when out of memory. Freed with free(). [any thread] */
struct tally_snapshot *tally_snapshot_take(struct tally *tally);

#endif
