/* fault_guard.h -- runs a function that may read invalid memory.
 *
 * A signal handler sometimes reads Lua's structures through Lua's own API while
 * one of them may be half written. A fault (SIGSEGV, SIGBUS) during such a read
 * must end the read and not the process. So these two signals have a handler of
 * ours: it jumps back to fault_guard_run if the thread is inside that function,
 * and otherwise passes the fault to the handler that was installed before.
 *
 * Path: vm_stack.c, vm_line.c -> [fault_guard]
 */
#ifndef SAMPLE_PLATFORM_FAULT_GUARD_H
#define SAMPLE_PLATFORM_FAULT_GUARD_H

#include <stdbool.h>

/* Installs the handlers of SIGSEGV and SIGBUS. Returns false if the kernel
 * refuses. Called once, at start. */
bool fault_guard_init(void);

/* Calls fn(ctx). Returns false if a fault cut the call short. `fn` writes only
 * where half a result does no harm, takes no lock and allocates nothing,
 * because the jump out of it would leave the lock held. Calls nest: a fault
 * ends the innermost. [any thread, signal] */
bool fault_guard_run(void (*fn)(void *ctx), void *ctx);

#endif
