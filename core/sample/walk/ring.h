/* ring.h -- hands samples from a watched thread to the collector.
 *
 * A ring has one writer, the watched thread, and one reader, the collector, and
 * takes no lock. The writer's signal handler and safe points never overlap. The
 * handler begins a sample; the sample is pending until a safe point gives it
 * its Lua stack; then all pending samples are published together. When the ring
 * is full, the sample is dropped and the caller counts it: a profiler may lose
 * a sample, but it must never stall the thread that it watches.
 *
 *          read         published       written
 *   . . . . | o o o o o o o | p p p p p p | . . . .
 *             for the reader    pending     free
 *
 * A ring belongs to the record of its thread; thread_free frees both.
 *
 * Path: cpu.c, safepoint.c -> [ring] -> session/collector.c
 */
#ifndef SAMPLE_WALK_RING_H
#define SAMPLE_WALK_RING_H

#include <stdint.h>

struct ring;
struct sample;

/* Makes a ring with room for `slots` samples, a power of two. Returns NULL if
 * out of memory. */
struct ring *ring_new(uint32_t slots);

/* Frees the ring, which may be NULL, when neither side uses it any more. */
void ring_free(struct ring *ring);

/* Returns the next free slot, for the caller to fill, or NULL if the ring is
 * full. The slot stays free until ring_commit. [signal] */
struct sample *ring_begin(struct ring *ring);

/* Makes the slot of ring_begin pending. [signal] */
void ring_commit(struct ring *ring);

/* Returns the number of pending samples. [signal, hook] */
uint32_t ring_n_pending(const struct ring *ring);

/* Returns the i-th pending sample; 0 is the oldest. [signal, hook] */
struct sample *ring_pending(const struct ring *ring, uint32_t i);

/* Publishes all pending samples. [signal, hook] */
void ring_publish(struct ring *ring);

/* Returns the sample that was committed last, published or not. Called after
 * the first ring_commit. [the writer] */
struct sample *ring_newest(const struct ring *ring);

/* Returns the oldest published sample, or NULL if there is none. The sample is
 * valid until ring_pop. [collector] */
const struct sample *ring_peek(const struct ring *ring);

/* Returns the number of published samples. [collector] */
uint32_t ring_n_published(const struct ring *ring);

/* Returns the i-th published sample; 0 is the oldest. [collector] */
const struct sample *ring_published(const struct ring *ring, uint32_t i);

/* Frees the slot of the oldest published sample. [collector] */
void ring_pop(struct ring *ring);

#endif
