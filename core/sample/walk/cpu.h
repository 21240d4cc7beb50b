/* cpu.h -- the signal handler that takes samples.
 *
 * The sampling thread (sampling_thread.h) asks a watched thread that runs for a
 * sample, by SIGPROF. The handler, in cpu.c, writes the sample into the
 * thread's ring. A sample weighs the thread's CPU time since its previous
 * sample, so totals are right at any rate.
 *
 *   rate of a session    session_open                session/session.c
 *   highest of all open  choose_rates                session/session.c
 *   instants, asks       sampling_thread_set_rate    sampling_thread.c
 *
 * An ask carries its time. The handler drops an ask that is older than 150 us:
 * the thread did not run when it was asked, but waited for a CPU. The time goes
 * to the next sample. Not dropped are the ask at the end of a session, and one
 * that comes after a second of CPU time without a sample.
 *
 * SIGPROF has three more senders: cpu_ask_wall, cpu_flush and cpu_probe. All
 * four end in the same handler.
 *
 * The handler runs on the interrupted thread at any instruction, inside malloc
 * or with a lock held too. It takes no lock, allocates nothing, never waits and
 * leaves errno as it was. It may call only:
 *
 *   - the functions marked [signal] in ring.h, native_stack.h, unwind.h,
 *     unwind_rule.h, vm_stack.h, vm_line.h, safepoint.h, thread.h,
 *     vm_functions.h, prototypes.h, signal_stack.h, call_info.h, prototype.h,
 *     code_map.h, fault_guard.h, loaded_objects.h and base/random.h;
 *   - hook_fields_arm, archive_lua_sethook and the archive_lua_gethook
 *     functions;
 *   - lua_getstack and lua_getinfo with "S", "n" and "l", in vm_stack.c;
 *   - clock_gettime.
 *
 * A function whose table has a lock is forbidden: frames.h, labels.h,
 * c_names.h, heap.h and tally.h have such tables. So is log_write, which
 * allocates.
 *
 * base/signals.h notes all signals that the program takes. The process has
 * three more handlers, each with a rule in its own header:
 * platform/fault_guard.h (SIGSEGV, SIGBUS), load/overrun.h (SIGUSR1) and
 * cli/run_state.h (SIGUSR1).
 *
 * Path: [cpu] -> native_stack.c, vm_stack.c -> ring.c, safepoint.c
 */
#ifndef SAMPLE_WALK_CPU_H
#define SAMPLE_WALK_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct sampler_thread;

/* Installs the handler of SIGPROF. Returns false and sets err if the kernel
 * refuses. Called once, at start. */
bool cpu_init(struct err *err);

/* The time of an ask that is never too old. */
#define CPU_ASK_ANY_TIME INT64_MAX

/* Asks the thread, by a signal, for a CPU sample. `now_ns` is clock_mono_ns()
 * or CPU_ASK_ANY_TIME. t->asked_ns keeps it until the thread has answered; a
 * thread that has not answered is not asked again. [any thread that keeps the
 * thread from detaching] */
void cpu_ask(struct sampler_thread *t, int64_t now_ns);

/* Asks the thread, by a signal, for a sample of wall time. t->wants_wall is
 * true until the thread has answered; a thread that has not answered is not
 * asked again. [as cpu_ask, sampling_lock] */
void cpu_ask_wall(struct sampler_thread *t);

/* Asks the thread, by a signal, to complete its pending samples: at once if Lua
 * is at rest, otherwise at its next safe point. If `force` is true and Lua is
 * not at rest, the thread publishes its pending samples without a Lua stack.
 * [any thread, sampling_lock] */
void cpu_flush(struct sampler_thread *t, bool force);

/* Asks the thread, by a signal, for a sample of weight 0 with the flag
 * SAMPLE_PROBE. The caller has set t->wants_probe; the thread clears it when it
 * has taken the sample. [any thread, sampling_lock] */
void cpu_probe(struct sampler_thread *t);

#endif
