/* sampling_thread.h -- the thread that decides when threads are sampled.
 *
 * While a session is open, the thread wakes at random instants and looks at
 * each watched thread. CPU time and wall time have instants of their own, each
 * at the highest rate of the open sessions.
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
 *   CPU    a thread whose CPU clock has moved since the previous look, and that
 *          runs now, is asked for a sample by a signal (cpu_ask)
 *   wall   a thread that runs is asked by a signal. A thread that sleeps must
 *          not get one: its stack is read from outside (outside.h), and is
 *          counted again as long as its CPU clock stands still
 *
 * A thread that waits for a CPU looks like one that runs. Its ask is old when
 * it gets a CPU, and the handler drops old asks for CPU samples (cpu.c):
 * otherwise samples would pile up where threads are preempted.
 *
 * The look holds `sampling_lock` only. The collector, which holds threads_lock
 * for a long time, does not delay the look, and detach_thread waits until the
 * look is over: so the clock, the state and the id that the look uses are those
 * of a living thread. A child after fork does not have this thread.
 *
 * Path: session.c -> [sampling_thread] -> cpu.c, outside.c
 */
#ifndef SAMPLE_WALK_SAMPLING_THREAD_H
#define SAMPLE_WALK_SAMPLING_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sample/walk/sample.h"

/* Starts the thread, which sleeps until a rate is set. Returns false and sets
 * err if that fails. Called once, by sampler_init. */
bool sampling_thread_start(struct err *err);

/* All functions below: [any thread, sampling_lock not held] */

/* Sets the number of instants per second for a kind, SESSION_CPU or
 * SESSION_WALL; 0: none. session.c decides the rate: the highest of all open
 * sessions of the kind. If the rate was 0, the next sample of each thread
 * weighs the time from now on. */
void sampling_thread_set_rate(enum session_kind kind, int rate_hz);

/* Looks at each thread now, at the end of a session of this kind. The handler
 * takes a sample however late the ask arrives. A thread that sleeps is not
 * asked for a CPU sample: the CPU time since its previous sample stays without
 * a sample. */
void sampling_thread_look_last(enum session_kind kind);

/* Lets the sampling thread take one sample of each thread, the calling one too,
 * or ask for it if the thread runs. The sampling thread is seldom interrupted
 * between its look and its signal, so that few threads fall asleep meanwhile.
 */
void sampling_thread_probe(void);

/* Does the same for the threads that have not taken their probe. Returns their
 * number. */
unsigned sampling_thread_probe_again(void);

/* Returns the number of threads that have not answered the sampling thread or
 * have pending samples. If the caller has waited for some time, asks those with
 * pending samples to complete them (cpu_flush). A thread that sleeps is not
 * asked, except at last for CPU samples; if `kind` is SESSION_PROBE, it gives
 * another probe in place of the pending one. */
unsigned sampling_thread_flush(enum session_kind kind, int64_t waited_ns);

/* Publishes the samples that were taken of sleeping threads, for a reading of
 * the collector. */
void sampling_thread_publish(void);

#endif
