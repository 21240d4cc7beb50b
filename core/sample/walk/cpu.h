/* cpu.h -- the signal handler that takes samples, and the timers of CPU time.
 *
 * Each watched thread has a timer on its own CPU clock. The timer sends SIGPROF
 * to that thread; the handler, in cpu.c, writes a sample into the thread's
 * ring. The kernel fires such a timer on its own ticks only (250 a second on
 * Debian 12), so a rate above that has no effect. A sample weighs the thread's
 * CPU time since its previous sample, so totals are right at any rate.
 *
 *   rate of a session    session_open        session/session.c
 *   highest of all open  choose_rates        session/session.c
 *   each thread's timer  threads_set_rate    thread.c -> cpu_timer_set
 *
 * SIGPROF has three more senders: wall_timer.c (a tick of wall time), cpu_flush
 * and cpu_probe. All four end in the same handler.
 *
 * The handler runs on the interrupted thread at any instruction, inside malloc
 * or with a lock held too. It takes no lock, allocates nothing, never waits and
 * leaves errno as it was. It may call only:
 *
 *   - the functions marked [signal] in ring.h, native_stack.h, vm_stack.h,
 *     vm_line.h, safepoint.h, thread.h, wall_timer.h, vm_functions.h,
 *     code_map.h, fault_guard.h, loaded_objects.h and base/random.h;
 *   - archive_lua_sethook and the archive_lua_gethook functions;
 *   - lua_getstack and lua_getinfo with "S", "n" and "l", in vm_stack.c;
 *   - clock_gettime and timer_settime, and libunwind in native_stack.c.
 *
 * A function whose table has a lock is forbidden: frames.h, labels.h,
 * c_names.h, heap.h, tally.h and log.h have such tables.
 *
 * The process has three more handlers, each with a rule in its own header:
 * platform/fault_guard.h (SIGSEGV, SIGBUS), load/overrun.h (SIGUSR1) and
 * cli/run_state.h (SIGUSR1).
 *
 * Path: [cpu] -> native_stack.c, vm_stack.c -> ring.c, safepoint.c
 */
#ifndef SAMPLE_WALK_CPU_H
#define SAMPLE_WALK_CPU_H

#include <stdbool.h>

#include "base/err.h"

struct sampler_thread;

/* Installs the handler of SIGPROF. Returns false and sets err if the kernel
 * refuses. Called once, at start. */
bool cpu_init(struct err *err);

/* Makes the CPU timer of the thread of `t`, stopped. Returns false and sets err
 * if the kernel refuses; RLIMIT_SIGPENDING bounds the number of timers. */
bool cpu_timer_new(struct sampler_thread *t, struct err *err);

/* Deletes the timer. A signal that it has sent may still come. */
void cpu_timer_free(struct sampler_thread *t);

/* Makes the timer tick `rate_hz` times per second of the thread's CPU time; 0
 * stops it. If `restart` is true, the next sample weighs the CPU time from now
 * on. [any thread, threads_lock] */
void cpu_timer_set(struct sampler_thread *t, int rate_hz, bool restart);

/* Asks the thread, by a signal, to complete its pending samples: at once if Lua
 * is at rest, otherwise at its next safe point. If `force` is true and Lua is
 * not at rest, the thread publishes its pending samples without a Lua stack.
 * [any thread, threads_lock] */
void cpu_flush(struct sampler_thread *t, bool force);

/* Asks the thread, by a signal, for a sample of weight 0 with the flag
 * SAMPLE_PROBE, whether the thread runs or waits. The caller has set
 * t->wants_probe; the thread clears it when it has taken the sample.
 * [any thread, threads_lock] */
void cpu_probe(struct sampler_thread *t);

#endif
