/* vm_stack.h -- reads the Lua stack of a thread: the running coroutine, then
 * the coroutine that resumed it, and so on out to the first.
 *
 * Four readers, one per moment. At a safe point (a hook, a return from
 * lua_resume) everything is readable. So it is
 * when the state allocates, but nothing may be pushed. When Lua is at rest
 * below a C function that does not return, the handler reads it, guarded
 * against faults. And at any moment the handler notes the identity of the
 * innermost frames.
 *
 * Path: safepoint.c, cpu.c -> [vm_stack] -> ring.c
 */
#ifndef SAMPLE_WALK_VM_STACK_H
#define SAMPLE_WALK_VM_STACK_H

#include <stdbool.h>

#include "sample/tables/vm_functions.h"
#include "sample/walk/sample.h"
#include "sample/walk/entry.h"

/* Sets how many Lua frames of a stack are kept, from the leaf: 1 to
 * SAMPLE_MAX_LUA (the default). Finding the frame at a level takes time in
 * proportion to the level. Called before sampler_init. */
void vm_stack_set_max_depth(unsigned frames);

struct vm_walk {
    unsigned n;
    bool truncated;   /* there were more than the greatest depth */
    bool has_unnamed; /* a C function that no library known yet exports */
    struct vm_frame frames[SAMPLE_MAX_LUA];
    const void *ci[SAMPLE_MAX_LUA];     /* lua_Debug.i_ci of each */
    const lua_State *L[SAMPLE_MAX_LUA]; /* its coroutine */
};

/* Try, on a state of its own, whether this Lua release's insides are where the
 * handler looks for them. Once, at start. If not, vm_stack_note gives
 * identities only, and vm_stack_read_at_rest nothing: returns false. */
bool vm_stack_self_test(void);

/* [hook] Read all of `entry`'s chain. */
void vm_stack_read(struct vm_functions *functions, const struct entry *entry,
                   struct vm_walk *walk);

/* The same at any call into the allocator, where nothing may be pushed or
 * allocated on the state: a C function whose address is not readable so is
 * FUNCTION_UNKNOWN. */
void vm_stack_read_in_allocator(struct vm_functions *functions,
                                const struct entry *entry,
                                struct vm_walk *walk);

/* [signal] The same while Lua is at rest. With `finalizer`, the frames of the
 * finalizer that runs are left out and the walk begins at the frame that paid
 * for the collection. False: not readable.
 */
bool vm_stack_read_at_rest(struct vm_functions *functions,
                           const struct entry *entry, bool finalizer,
                           struct vm_walk *walk);

/* [signal] Note the innermost frames of L, which the signal with this ucontext
 * interrupted. Returns their number, at most SAMPLE_MAX_NOTED. */
unsigned vm_stack_note(const struct vm_functions *functions, lua_State *L,
                       const void *ucontext, struct noted_frame *noted);

#endif
