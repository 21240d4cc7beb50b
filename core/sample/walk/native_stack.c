#include "sample/walk/native_stack.h"

#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/loaded_objects.h"

/* A stack that is being taken. */
struct taking {
    struct native_stack *stack;
    struct unwind_cursor cursor;
    uintptr_t caller; /* skip the frames above this one; 0: none */
};

static void put_frame(struct native_stack *stack,
                      const struct unwind_cursor *cursor)
{
    if (!stack->has_vm && code_map_kind(unwind_pc(cursor)) == CODE_VM) {
        stack->vm = *cursor;
        stack->vm_at = stack->n;
        stack->has_vm = true;
    }
    stack->pcs[stack->n++] = cursor->pc;
}

/* Goes from the sampler's own frames to the one that holds `caller`. Returns
 * false if it is not there. */
static bool find_caller(struct taking *t)
{
    enum { MAX_OWN = 12 }; /* those of current_stack.c and of its callers */
    for (int i = 0; i < MAX_OWN; i++) {
        if (t->cursor.pc == t->caller)
            return true;
        if (unwind_step(&t->cursor) != UNWIND_STEPPED)
            return false;
    }
    return false;
}

/* A fault in here leaves the frames that were found. */
static void take_frames(void *ctx)
{
    struct taking *t = ctx;
    struct native_stack *stack = t->stack;
    if (t->caller && !find_caller(t))
        return;
    do {
        put_frame(stack, &t->cursor);
        enum unwind_result result = unwind_step(&t->cursor);
        if (result == UNWIND_STEPPED)
            continue;
        stack->truncated = result == UNWIND_FAILED;
        return;
    } while (stack->n < stack->max);
}

static void take(struct taking *t, uintptr_t leaf)
{
    struct native_stack *stack = t->stack;
    stack->n = 0;
    stack->has_vm = false;
    stack->truncated = true;
    fault_guard_run(take_frames, t);
    if (stack->n == 0)
        stack->pcs[stack->n++] = leaf;
}

void native_stack_capture(const void *ucontext, struct native_stack *stack)
{
    struct taking t = {.stack = stack};
    unwind_from_signal(&t.cursor, ucontext);
    take(&t, t.cursor.pc);
}

void native_stack_here(uintptr_t caller, struct native_stack *stack)
{
    /* A frame of a library that the snapshot lacks would end the stack. */
    loaded_objects_refresh();
    struct taking t = {.stack = stack, .caller = caller};
    unwind_from_here(&t.cursor);
    take(&t, caller);
}
