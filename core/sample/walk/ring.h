/* ring.h -- hands samples from a profiled thread to the collector.
 *
 * One writer (the thread: its signal handler and its safe points, which never
 * overlap), one reader (the collector), no lock. A sample is begun by the
 * handler and waits there, pending, until a safe point gives it its Lua stack;
 * then all that are pending are published together. When full, the sample is
 * dropped and counted: a profiler may lose a sample, never stall what it
 * watches.
 *
 * Path: cpu.c, safepoint.c -> [ring] -> collector.c
 */
#ifndef SAMPLE_WALK_RING_H
#define SAMPLE_WALK_RING_H

#include <stdint.h>

struct ring;
struct sample;

/* Room for `slots` samples, a power of two. NULL when out of memory. */
struct ring *ring_new(uint32_t slots);
void ring_free(struct ring *ring);

/* [signal] The next free slot, to be filled and then kept by ring_commit; NULL
 * when full. */
struct sample *ring_begin(struct ring *ring);
/* [signal] The slot from ring_begin is filled: it is pending now. */
void ring_commit(struct ring *ring);

/* [signal, hook] Number of pending samples, and the i-th, oldest first. */
uint32_t ring_n_pending(const struct ring *ring);
struct sample *ring_pending(const struct ring *ring, uint32_t i);

/* [signal, hook] Let the reader have all that are pending. */
void ring_publish(struct ring *ring);

/* [collector] The oldest published sample, NULL when there is none; ring_pop
 * gives its slot back. */
const struct sample *ring_peek(const struct ring *ring);
void ring_pop(struct ring *ring);

#endif
