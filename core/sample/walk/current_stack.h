/* current_stack.h -- the calling thread's own stack, native and Lua, taken on
 * the spot: for what happens at a call (an allocation, a wait), not at a tick.
 *
 * Path: vm_heap.c, native_heap.c, contention.c -> [current_stack] -> stitch.c
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
    uint32_t labels;         /* of what runs, an id of labels.h */
    const uintptr_t *native; /* the native part, before stitching */
    unsigned n_native;
};

/* The memory in which a thread takes a stack. A watched thread has it in its
 * record (thread.h); any other gets it at its first stack, from the C library's
 * own malloc, and loses it when it ends. */
struct current_stack_memory {
    struct sample sample;
    struct current_stack result;
};

/* False where this thread is quiet (quiet.h), or the sampler at work on it:
 * what happens there is the sampler's own. */
bool current_stack_may_take(void);

/* From the frame on that `caller`, a return address, lies in; `flags` may hold
 * SAMPLE_ALLOCATION. A thread that is not watched has its native frames only.
 * The result is good until the thread's next call, which an allocation may make
 * unless the thread is quiet. NULL where it may not be taken. [any thread, not
 * in a handler] */
const struct current_stack *current_stack_take(uintptr_t caller,
                                               unsigned flags);

#endif
