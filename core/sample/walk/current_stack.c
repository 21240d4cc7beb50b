#include "sample/walk/current_stack.h"

#include <stddef.h>

#include "sample/walk/native_stack.h"
#include "sample/platform/quiet.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/vm_stack.h"

/* Thread-local, not on the stack: the thread may be deep in it already. */
static _Thread_local struct sample sample;
static _Thread_local struct vm_walk walk;
static _Thread_local struct current_stack result;

static void take_native(uintptr_t caller)
{
    bool truncated;
    sample.n_native = (uint16_t)native_stack_here(
        caller, sample.native, SAMPLE_MAX_NATIVE, &truncated);
    if (truncated)
        sample.flags |= SAMPLE_NATIVE_TRUNCATED;
}

static void take_lua(struct sampler_thread *t)
{
    vm_functions_reserve(t->functions);
    vm_stack_read_in_allocator(t->functions, t->active, &walk);
    for (unsigned i = 0; i < walk.n; i++)
        sample.lua[i] = walk.frames[i];
    sample.n_lua = (uint16_t)walk.n;
    sample.flags |= SAMPLE_IN_LUA | SAMPLE_LUA_STACK;
    if (walk.truncated)
        sample.flags |= SAMPLE_LUA_TRUNCATED;
    if (walk.has_unnamed) { /* to be learned where Lua code may run */
        t->wants_names = true;
        safepoint_arm(t, t->active->L);
    }
}

bool current_stack_may_take(void)
{
    return !quiet_is_on() && !(thread_self && thread_self->busy);
}

const struct current_stack *current_stack_take(uintptr_t caller, unsigned flags)
{
    if (!current_stack_may_take())
        return NULL;
    quiet_enter();
    struct sampler_thread *t = thread_self;
    if (t)
        thread_block(t);
    sample.flags = (uint16_t)flags;
    sample.n_lua = 0;
    take_native(caller);
    if (t && t->active)
        take_lua(t);
    result.n_frames = stitch(&sample, t ? t->functions : NULL, result.frames);
    result.labels = t ? t->labels : 0;
    result.n_native = sample.n_native;
    for (unsigned i = 0; i < sample.n_native; i++)
        result.native[i] = sample.native[i];
    if (t)
        thread_unblock(t);
    quiet_leave();
    return &result;
}
