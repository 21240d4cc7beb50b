/* native_stack.h -- takes the native stack of the calling thread.
 *
 * Also finds the registers of the interpreter: those of the innermost frame of
 * luaV_execute, from which vm_line.c reads the line that runs.
 *
 * Path: cpu.c, current_stack.c, outside.c -> [native_stack] -> unwind.c
 */
#ifndef SAMPLE_WALK_NATIVE_STACK_H
#define SAMPLE_WALK_NATIVE_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/walk/unwind.h"

struct thread_place;

struct native_stack {
    unsigned n;         /* number of frames; at least 1 */
    unsigned n_inner;   /* of these, up to where frames are missing */
    bool truncated;     /* frames are missing: of a deep stack those between the
                           innermost and the outermost quarter of `max`; else the
                           outermost, because the unwinder could not go on */
    bool has_collector; /* a frame calls a finalizer (CODE_COLLECTOR) */
    bool has_vm;        /* `vm` and `vm_at` are set */
    uintptr_t *pcs; /* the caller's array, leaf first: the interrupted pc, then
                       return addresses */
    unsigned max;   /* its length */
    unsigned vm_at; /* the position of luaV_execute's innermost frame,
                       if has_vm */
    struct unwind_cursor vm; /* that frame */
};

/* Takes the stack that the signal with this ucontext interrupted into a stack
 * whose `pcs` and `max` the caller has set. [signal] */
void native_stack_capture(const void *ucontext, struct native_stack *stack);

/* Takes the stack of another thread, which sleeps at this place and may run on
 * meanwhile: the caller checks that it has not. [sampling thread] */
void native_stack_outside(const struct thread_place *place,
                          struct native_stack *stack);

/* Takes the calling thread's own stack, from the frame on that holds `caller`,
 * a return address; if there is no such frame, the stack is `caller` alone.
 * Takes the loader's lock. Called while the thread's signal handler is kept
 * away (thread_block). [any thread, not in a handler] */
void native_stack_here(uintptr_t caller, struct native_stack *stack);

#endif
