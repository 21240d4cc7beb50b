/* current_stack.h -- takes the calling thread's own stack, native and Lua, at
 * once: for an event that happens at a call (an allocation, a wait, a new
 * thread), not at an instant that the sampler chooses.
 *
 * Nothing is interrupted here, so the Lua stack can be read on the spot,
 * without a safe point. On a thread that is not watched the stack has native
 * frames only.
 *
 * Path: vm_heap.c, native_heap.c, contention.c, thread_create.c
 *       -> [current_stack] -> native_stack.c, vm_stack.c -> stitch.c
 */
#ifndef SAMPLE_WALK_CURRENT_STACK_H
#define SAMPLE_WALK_CURRENT_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/walk/sample.h"
#include "sample/walk/stitch.h"

struct current_stack {
    uint32_t frames[STITCH_MAX]; /* ids of frames.h, leaf first */
    unsigned n_frames;
    uint32_t labels; /* the thread's labels now, an id of labels.h */
    const uintptr_t
        *native; /* the native frames before stitching, leaf first */
    unsigned n_native;
};

/* The memory in which a thread takes a stack. It is not on the thread's stack,
 * which may be nearly used up. A watched thread has the memory in its record
 * (thread.h). Any other thread gets it at its first stack, from the C library's
 * own malloc, and the C library frees it when the thread ends. */
struct current_stack_memory {
    struct sample sample;
    struct current_stack result;
};

/* Returns false if the calling thread is quiet (quiet.h), or is inside the
 * sampler (`busy`, thread.h): the event is the sampler's own and does not
 * count. [any thread, not in a handler] */
bool current_stack_may_take(void);

/* Returns the stack from the frame on that holds `caller`, a return address.
 * `flags` may have SAMPLE_ALLOCATION. Returns NULL if current_stack_may_take
 * returns false, or if out of memory. The result is valid until the thread's
 * next call, which an allocation may make unless the thread is quiet. May be
 * called inside malloc and with any lock held that is not quiet. [any thread,
 * not in a handler] */
const struct current_stack *current_stack_take(uintptr_t caller,
                                               unsigned flags);

#endif
