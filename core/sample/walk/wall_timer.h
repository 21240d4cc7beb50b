/* wall_timer.h -- a timer for each watched thread that ticks by wall time, so
 * that waits are sampled too.
 *
 * The kernel sends the signal to the thread itself. A thread of this program
 * that sent the signals would run late on a busy machine, and would meet
 * threads that wait more often than threads that run. Ticks come at random
 * distances of 0.5 to 1.5 periods, so that work which recurs at regular times
 * is not always met at the same point. A sample weighs the wall time since the
 * previous one. The rate is the highest of all open wall sessions (session.c).
 *
 * Path: session.c -> thread.c -> [wall_timer] -> cpu.c
 */
#ifndef SAMPLE_WALK_WALL_TIMER_H
#define SAMPLE_WALK_WALL_TIMER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct sampler_thread;

/* Makes the wall timer of the thread of `t`, stopped. Returns false and sets
 * err if the kernel refuses. */
bool wall_timer_new(struct sampler_thread *t, struct err *err);

/* Deletes the timer. A signal that it has sent may still come. */
void wall_timer_free(struct sampler_thread *t);

/* Makes the timer tick `rate_hz` times per second on average; 0 stops it.
 * [any thread, threads_lock] */
void wall_timer_set(struct sampler_thread *t, int rate_hz);

/* Returns true if the signal is a tick of a wall timer. [signal] */
bool wall_timer_ticked(const siginfo_t *info);

/* Sets the time of the next tick, unless the timer was stopped. [signal] */
void wall_timer_next(struct sampler_thread *t);

/* Returns the time since the previous call, or since the timer was started, in
 * nanoseconds. [signal] */
int64_t wall_timer_take(struct sampler_thread *t);

#endif
