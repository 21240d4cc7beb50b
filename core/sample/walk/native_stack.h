/* native_stack.h -- the interrupted thread's native stack.
 *
 * libunwind's unw_backtrace, whose fast path follows cached frame layouts
 * (1.6 us for 16 frames). On a cache miss it asks dl_iterate_phdr for the
 * loaded objects, which takes the loader's lock: loaded_objects.c answers it
 * without one while a handler runs.
 *
 * Path: cpu.c -> [native_stack] -> ring.c
 */
#ifndef SAMPLE_WALK_NATIVE_STACK_H
#define SAMPLE_WALK_NATIVE_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* Once per thread before its first sample: the first unwinding on a thread
 * allocates. */
void native_stack_prewarm(void);

/* [signal] The stack interrupted by the signal with this ucontext, leaf first:
 * the interrupted pc, then return addresses. Returns their number, at least 1;
 * `*truncated` tells whether the outermost are missing. */
unsigned native_stack_capture(const void *ucontext, uintptr_t *out,
                              unsigned max, bool *truncated);

/* The calling thread's own stack from the frame on that `caller`, a return
 * address, lies in. Not in a handler; the thread's own handler is kept away
 * (thread_block). */
unsigned native_stack_here(uintptr_t caller, uintptr_t *out, unsigned max,
                           bool *truncated);

#endif
