/* fault_guard.h -- runs a function that may read memory that is not there.
 *
 * The handler sometimes reads Lua's structures through Lua's own API at a
 * moment when one of them may be half written. A fault there ends the read,
 * not the process. Faults elsewhere go to whoever handled them before.
 */
#ifndef SAMPLE_PLATFORM_FAULT_GUARD_H
#define SAMPLE_PLATFORM_FAULT_GUARD_H

#include <stdbool.h>

/* Take over SIGSEGV and SIGBUS. Once, at start. */
bool fault_guard_init(void);

/* [signal] Call fn(ctx). False when it was cut short by a fault: fn must
 * write only where half a result does no harm, and call nothing that locks or
 * allocates. */
bool fault_guard_run(void (*fn)(void *ctx), void *ctx);

#endif
