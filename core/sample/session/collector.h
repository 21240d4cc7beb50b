/* collector.h -- the thread that reads the samples from the rings of all
 * watched threads and gives them to the open sessions.
 *
 * A thread of its own, because joining stacks and counting them takes locks and
 * memory, which a signal handler must not. It reads every 50 ms, at high rates
 * more often, while a session is open; else it sleeps until a session is opened
 * or a thread ends. A ring that is full before the next reading drops samples,
 * which are counted.
 *
 * Path: ring.c -> [collector] -> stitch.c -> session.c
 */
#ifndef SAMPLE_SESSION_COLLECTOR_H
#define SAMPLE_SESSION_COLLECTOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Guards the list of sessions, what is in each session, and the reading side of
 * all rings. Taken before threads_lock and before the locks of the tables
 * (core/sample/README.md). */
extern pthread_mutex_t collector_lock;

/* Starts the thread. Returns false and sets err if that fails. Called once, by
 * sampler_init. */
bool collector_start(struct err *err);

/* Wakes the thread, which sleeps while no session is open. Takes
 * collector_lock. [any thread] */
void collector_wake(void);

/* Gives every sample that the rings hold now to the sessions, on the calling
 * thread, and frees the records of threads that have ended. [any thread,
 * collector_lock held] */
void collector_drain(void);

/* Returns the number of CPU samples read so far, and the CPU time that the
 * thread has used since it started. For benchmarks. */
void collector_cost(uint64_t *n_samples, int64_t *cpu_ns);

#endif
