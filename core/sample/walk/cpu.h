/* cpu.h -- the CPU clock: a timer per watched thread on its own CPU time, and
 * the signal handler that takes the samples.
 *
 * The timer ticks at the kernel's HZ at most, so a rate is a wish; a sample's
 * weight is the thread's CPU time since its previous sample, and totals are
 * exact whatever the rate.
 *
 * Path: [cpu] -> native_stack.c, vm_stack.c -> ring.c, safepoint.c
 */
#ifndef SAMPLE_WALK_CPU_H
#define SAMPLE_WALK_CPU_H

#include <stdbool.h>

#include "base/err.h"

struct sampler_thread;

/* Install the handler of SIGPROF. Once. */
bool cpu_init(struct err *err);

/* Make the calling thread's timer, not running; and delete it. */
bool cpu_timer_new(struct sampler_thread *t, struct err *err);
void cpu_timer_free(struct sampler_thread *t);

/* Let it tick `rate_hz` times a second of CPU time; 0 stops it. `restart`
 * counts the thread's CPU time from now. [threads_lock] */
void cpu_timer_set(struct sampler_thread *t, int rate_hz, bool restart);

/* Signal the thread to complete its pending samples: at once if Lua is at
 * rest, else at its next safe point. With `force` they are handed over without
 * a Lua stack if it is not at rest. [threads_lock] */
void cpu_flush(struct sampler_thread *t, bool force);

/* Signal the thread to take the sample that its wants_probe asks for, of what
 * it is at, running or waiting: of weight 0 and with the flag SAMPLE_PROBE. It
 * has taken it when wants_probe is false. [threads_lock] */
void cpu_probe(struct sampler_thread *t);

#endif
