#include "sample/walk/native_stack.h"

#include <stddef.h>
#include <ucontext.h>

#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/loaded_objects.h"
#include "sample/platform/thread_state.h"

/* A stack that is being taken. */
struct taking {
    struct native_stack *stack;
    struct unwind_cursor cursor;
    /* Where the stack begins: at one of these, or else at the calling thread's
     * own frame that holds `caller`. */
    const void *ucontext;             /* of a signal; NULL: none */
    const struct thread_place *place; /* of a sleeping thread; NULL: none */
    uintptr_t caller;
    enum unwind_result result; /* of the last step */
};

/* Frames beyond this number are not looked for. Lua allows 200 C functions that
 * call Lua again, each with some seven frames. */
enum { MAX_STEPS = 2048 };

static void put_frame(struct native_stack *stack,
                      const struct unwind_cursor *cursor)
{
    stack->has_collector |= cursor->rule.code == CODE_COLLECTOR;
    if (!stack->has_vm && cursor->rule.code == CODE_VM) {
        stack->vm = *cursor;
        stack->vm_at = stack->n;
        stack->has_vm = true;
    }
    unsigned n_outer = stack->max / 4, n_inner = stack->max - n_outer;
    unsigned i = stack->n++;
    /* The places behind the inner ones are a ring of the last frames. */
    stack->pcs[i < n_inner ? i : n_inner + (i - n_inner) % n_outer] =
        cursor->pc;
}

static void reverse(uintptr_t *pcs, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        uintptr_t pc = pcs[i];
        pcs[i] = pcs[n - 1 - i];
        pcs[n - 1 - i] = pc;
    }
}

/* Puts the ring of the outermost frames in order. */
static void order_outermost(struct native_stack *stack)
{
    unsigned n_outer = stack->max / 4, n_inner = stack->max - n_outer;
    if (stack->n <= stack->max)
        return;
    uintptr_t *ring = stack->pcs + n_inner;
    unsigned oldest = (stack->n - n_inner) % n_outer;
    reverse(ring, oldest);
    reverse(ring + oldest, n_outer - oldest);
    reverse(ring, n_outer);
    stack->n = stack->max;
    stack->n_inner = n_inner;
    stack->truncated = true;
}

/* Goes from the sampler's own frames to the one that holds `caller`. Returns
 * false if it is not there. */
static bool find_caller(struct taking *t)
{
    enum { MAX_OWN = 14 }; /* from here to current_stack.c's callers */
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
    if (t->ucontext)
        unwind_from_signal(&t->cursor, t->ucontext);
    else if (t->place)
        unwind_from_place(&t->cursor, t->place->pc, t->place->sp);
    else
        unwind_from_here(&t->cursor);
    if (t->caller && !find_caller(t))
        return;
    t->result = UNWIND_STEPPED;
    for (unsigned i = 0; i < MAX_STEPS && t->result == UNWIND_STEPPED; i++) {
        put_frame(stack, &t->cursor);
        t->result = unwind_step(&t->cursor);
    }
}

static void take(struct taking *t, uintptr_t leaf)
{
    struct native_stack *stack = t->stack;
    stack->n = 0;
    stack->has_vm = stack->has_collector = false;
    bool is_whole = fault_guard_run(take_frames, t);
    if (stack->n == 0)
        stack->pcs[stack->n++] = leaf;
    stack->n_inner = stack->n;
    stack->truncated = !is_whole || t->result != UNWIND_REACHED_END;
    /* Outermost frames that are not the outermost of all are of no use. */
    if (stack->truncated && stack->n > stack->max)
        stack->n = stack->n_inner = stack->max - stack->max / 4;
    order_outermost(stack);
}

void native_stack_capture(const void *ucontext, struct native_stack *stack)
{
    const ucontext_t *context = ucontext;
    struct taking t = {
        .stack = stack, .ucontext = ucontext, .result = UNWIND_FAILED};
    take(&t, (uintptr_t)context->uc_mcontext.gregs[REG_RIP]);
}

void native_stack_outside(const struct thread_place *place,
                          struct native_stack *stack)
{
    struct taking t = {.stack = stack, .place = place, .result = UNWIND_FAILED};
    take(&t, place->pc);
}

void native_stack_here(uintptr_t caller, struct native_stack *stack)
{
    /* A frame of a library that the snapshot lacks would end the stack. */
    loaded_objects_refresh();
    struct taking t = {
        .stack = stack, .caller = caller, .result = UNWIND_FAILED};
    take(&t, caller);
}
