/* native_stack.h -- takes the native stack of the calling thread.
 *
 * The unwinder is libunwind's unw_backtrace, whose fast path follows cached
 * frame layouts (1.6 us for 16 frames). For an address that is not in its cache
 * libunwind asks dl_iterate_phdr for the loaded objects; loaded_objects.c
 * answers without the loader's lock. libunwind is not re-entrant: `busy`
 * (thread.h) keeps the signal handler away from a thread that unwinds.
 *
 * Path: cpu.c, current_stack.c -> [native_stack] -> loaded_objects.c
 */
#ifndef SAMPLE_WALK_NATIVE_STACK_H
#define SAMPLE_WALK_NATIVE_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* Unwinds once, because the first unwinding of a thread allocates. Called on
 * each thread before its first sample. */
void native_stack_prewarm(void);

/* Writes the stack that the signal with this ucontext interrupted, leaf first:
 * the interrupted pc, then return addresses. Returns the number of frames, at
 * least 1, and sets `*truncated` if the outermost frames are missing.
 * [signal] */
unsigned native_stack_capture(const void *ucontext, uintptr_t *out,
                              unsigned max, bool *truncated);

/* Writes the calling thread's own stack, leaf first, from the frame on that
 * holds `caller`, a return address. Returns as native_stack_capture. Takes the
 * loader's lock. Called while the thread's signal handler is kept away
 * (thread_block) and the thread is quiet. [any thread, not in a handler] */
unsigned native_stack_here(uintptr_t caller, uintptr_t *out, unsigned max,
                           bool *truncated);

#endif
