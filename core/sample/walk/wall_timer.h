/* wall_timer.h -- a timer for each watched thread that ticks by wall time, so
 * that it samples what the thread waits for too. The kernel signals the thread
 * itself: a thread of ours that did would come too late where others use the
 * CPUs, and meet waits too often.
 *
 * Ticks come at random distances of 0.5 to 1.5 periods, so that a thread that
 * does something at regular times is not always met at that. A sample stands
 * for the time since the previous one.
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

/* For the calling thread. */
bool wall_timer_new(struct sampler_thread *t, struct err *err);
void wall_timer_free(struct sampler_thread *t);

/* rate_hz 0 stops it. [threads_lock] */
void wall_timer_set(struct sampler_thread *t, int rate_hz);

/* Is the signal one of its ticks? */
bool wall_timer_ticked(const siginfo_t *info);

/* [signal] Set the next tick. */
void wall_timer_next(struct sampler_thread *t);

/* [signal] The time since the previous call or the start. */
int64_t wall_timer_take(struct sampler_thread *t);

#endif
