/* vm_stack.h -- reads the Lua stack of a thread: the running coroutine, then
 * the coroutine that resumed it, and so on out to the first (entry.h).
 *
 * How a stack may be read depends on the moment, so there are four readers:
 *
 *   vm_stack_read                at a safe point: everything is readable
 *   vm_stack_read_in_allocator   while the state allocates: nothing may be
 *                                pushed or allocated on it
 *   vm_stack_read_at_rest        in a handler, while a C function runs that Lua
 *                                called: Lua's frames do not change; guarded
 *                                against faults
 *   vm_stack_note                in a handler at any moment: identities of the
 *                                innermost frames only; guarded against faults
 *
 * Of a deep stack the innermost and the outermost frames are kept, and one
 * FUNCTION_LEFT_OUT stands for those between; a walk takes the same time at any
 * depth.
 *
 * The readers use Lua's documented API, but for the links between frames, a C
 * function's address (platform/call_info.h), a Lua function's prototype
 * (platform/prototype.h) and the exact line (vm_line.h). If the self-test of
 * call_info.h fails, the handler reads identities only, and the outermost
 * frames are left out. If that of prototype.h fails, Lua functions are known by
 * source and line only.
 *
 * Path: safepoint.c, cpu.c, current_stack.c -> [vm_stack] -> vm_functions.c
 */
#ifndef SAMPLE_WALK_VM_STACK_H
#define SAMPLE_WALK_VM_STACK_H

#include <stdbool.h>

#include "sample/tables/vm_functions.h"
#include "sample/walk/sample.h"
#include "sample/walk/entry.h"

struct unwind_cursor;

/* Sets how many Lua frames of a stack are kept: 1 to SAMPLE_MAX_LUA (the
 * default). A quarter of them are the outermost ones. Called before
 * sampler_init. */
void vm_stack_set_max_depth(unsigned frames);

/* A Lua stack, leaf first. */
struct vm_walk {
    unsigned n;
    bool truncated;   /* frames are left out */
    bool has_unnamed; /* has a C function that no known library exports */
    struct vm_frame frames[SAMPLE_MAX_LUA + 1];
    const void *ci[SAMPLE_MAX_LUA + 1];     /* lua_Debug.i_ci of each frame */
    const lua_State *L[SAMPLE_MAX_LUA + 1]; /* the coroutine of each frame */
};

/* Reads the stacks of `entry`'s chain. May learn the names of a library that
 * was loaded meanwhile (c_names_learn). [hook] */
void vm_stack_read(struct vm_functions *functions, const struct entry *entry,
                   struct vm_walk *walk);

/* Reads the same at any call into the allocator, where nothing may be pushed or
 * allocated on the state. A C function whose address cannot be read without a
 * push is FUNCTION_UNKNOWN. [an allocation, with the handler kept away] */
void vm_stack_read_in_allocator(struct vm_functions *functions,
                                const struct entry *entry,
                                struct vm_walk *walk);

/* Reads the same while Lua is at rest. If `finalizer` is true, the frames of
 * the finalizer that runs are left out, and the walk begins at the frame that
 * paid for the collection. Returns false if the stack is not readable. [signal]
 */
bool vm_stack_read_at_rest(struct vm_functions *functions,
                           const struct entry *entry, bool finalizer,
                           struct vm_walk *walk);

/* Describes a Lua function of L's state: by its record (prototypes.h), or by
 * `ar`, which is filled with "S", if it has none. The texts of the result live
 * as long as the function. [the state's thread, not in a handler] */
struct vm_function vm_stack_function(lua_State *L, const void *prototype,
                                     const lua_Debug *ar);

/* Notes the innermost frames of L, which a signal interrupted. `vm` is the
 * interpreter's innermost native frame (native_stack.h), or NULL if none was
 * found. Returns their number, at most SAMPLE_MAX_NOTED. [signal] */
unsigned vm_stack_note(const struct vm_functions *functions, lua_State *L,
                       const struct unwind_cursor *vm,
                       struct noted_frame *noted);

#endif
