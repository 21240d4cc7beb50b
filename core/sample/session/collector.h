/* collector.h -- the thread that drains the rings and feeds the sessions.
 *
 * Path: ring.c -> [collector] -> stitch.c -> session.c
 */
#ifndef SAMPLE_SESSION_COLLECTOR_H
#define SAMPLE_SESSION_COLLECTOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Guards the sessions, the frames and the rings' reading side. Taken before
 * threads_lock where both are. */
extern pthread_mutex_t collector_lock;

/* Start the thread. Once. */
bool collector_start(struct err *err);

/* Let it look now. [any thread, collector_lock not needed] */
void collector_wake(void);

/* Read all that is published and give it to every session. [collector_lock] */
void collector_drain(void);

/* Samples read so far, and the CPU time that this thread has spent on all of
 * its work since it started. For bench/. */
void collector_cost(uint64_t *n_samples, int64_t *cpu_ns);

#endif
