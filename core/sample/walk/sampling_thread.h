/* sampling_thread.h -- the thread that decides when CPU samples are taken.
 *
 * While a session is open, the thread wakes at random instants and looks at
 * each watched thread. A thread whose CPU clock has moved since the previous
 * look, and that runs now, is asked for a sample by a signal (cpu_ask).
 *
 *   gap between two instants:  -ln(1 - u) / rate, u evenly from [0, 1)
 *
 * With exponential gaps each moment has the same chance to be an instant,
 * whatever came before. So a program that repeats at any distance, or that
 * works in short bursts, is met in each of its parts in proportion to the time
 * that the part takes. A timer on each thread's CPU clock, which this thread
 * replaces, fires on the kernel's ticks only (250 a second on Debian 12): it
 * met a loop of 4 ms always in the same place, and a burst that was over before
 * the next tick never.
 *
 * A thread that waits for a CPU looks like one that runs. Its ask is old when
 * it gets a CPU, and the handler drops old asks (cpu.c): otherwise samples
 * would pile up where threads are preempted.
 *
 * The look holds `sampling_lock` only. The collector, which holds threads_lock
 * for a long time, does not delay the look, and detach_thread waits until the
 * look is over: so the clock, the state and the id that the look uses are those
 * of a living thread. A child after fork does not have this thread.
 *
 * Path: session.c -> [sampling_thread] -> cpu.c
 */
#ifndef SAMPLE_WALK_SAMPLING_THREAD_H
#define SAMPLE_WALK_SAMPLING_THREAD_H

#include <stdbool.h>

#include "base/err.h"

/* Starts the thread, which sleeps until a rate is set. Returns false and sets
 * err if that fails. Called once, by sampler_init. */
bool sampling_thread_start(struct err *err);

/* Sets the number of instants per second; 0: none. session.c decides the rate:
 * the highest of all open sessions. If the rate was 0, the next sample of each
 * thread weighs the CPU time from now on. [any thread] */
void sampling_thread_set_rate(int rate_hz);

/* Looks at each thread now, and asks for a sample that the handler takes
 * however late the ask arrives. A thread that sleeps is not asked: the CPU time
 * since its previous sample stays without a sample. Called at the end of a
 * session. [any thread] */
void sampling_thread_look_last(void);

#endif
