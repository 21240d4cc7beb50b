#include "sample/walk/current_stack.h"

#include <pthread.h>
#include <stddef.h>

#include "base/libc_malloc.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/quiet.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/native_stack.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"
#include "sample/walk/vm_line.h"
#include "sample/walk/vm_stack.h"

/* The memory of a thread that is not watched. The key's destructor frees it
 * when the thread ends. If the destructor of another key then allocates, and
 * that is sampled, the thread gets new memory, which the C library's next round
 * of destructors frees. */
static pthread_key_t memory_key;
static bool has_memory_key;

static void make_memory_key(void)
{
    has_memory_key = pthread_key_create(&memory_key, libc_free) == 0;
}

/* Returns the calling thread's memory, which it makes if there is none yet, or
 * NULL if out of memory. The caller may be inside malloc, and is quiet:
 * pthread_setspecific may allocate. */
static struct current_stack_memory *memory_of_unwatched(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_memory_key);
    if (!has_memory_key)
        return NULL;
    struct current_stack_memory *memory = pthread_getspecific(memory_key);
    if (memory || !(memory = libc_malloc(sizeof *memory)))
        return memory;
    if (pthread_setspecific(memory_key, memory) == 0)
        return memory;
    libc_free(memory);
    return NULL;
}

/* Puts the line that the innermost Lua function runs in place of the one that
 * the interpreter has saved: it does not save its position before it makes or
 * fills a table. */
struct leaf_line {
    struct vm_walk *walk;
    const struct unwind_cursor *vm;
};

static void put_leaf_line(void *ctx)
{
    const struct leaf_line *leaf = ctx;
    struct vm_walk *walk = leaf->walk;
    int line = vm_line_at(walk->L[0], walk->ci[0], leaf->vm);
    if (line > 0)
        walk->frames[0].line = line;
}

static void take_lua(struct sampler_thread *t, struct sample *sample,
                     const struct unwind_cursor *vm)
{
    const struct vm_walk *walk = &t->walk;
    vm_functions_reserve(t->functions);
    vm_stack_read_in_allocator(t->functions, t->active, &t->walk);
    if (vm && walk->n > 0)
        fault_guard_run(put_leaf_line, &(struct leaf_line){&t->walk, vm});
    for (unsigned i = 0; i < walk->n; i++)
        sample->lua[i] = walk->frames[i];
    sample->n_lua = (uint16_t)walk->n;
    sample->flags |= SAMPLE_IN_LUA | SAMPLE_LUA_STACK;
    if (walk->truncated)
        sample->flags |= SAMPLE_LUA_TRUNCATED;
    if (walk->has_unnamed) { /* names are learned at a safe point only */
        t->wants_names = true;
        safepoint_arm(t, t->active->L);
    }
}

/* `t` is the calling thread's record, or NULL. */
static void take_stack(struct sampler_thread *t,
                       struct current_stack_memory *memory, uintptr_t caller,
                       unsigned flags)
{
    struct sample *sample = &memory->sample;
    struct current_stack *result = &memory->result;
    sample->flags = (uint16_t)flags;
    sample->n_lua = 0;
    struct native_stack native = {.pcs = sample->native,
                                  .max = SAMPLE_MAX_NATIVE};
    native_stack_here(caller, &native);
    sample->n_native = (uint16_t)native.n;
    sample->n_native_inner = (uint16_t)native.n_inner;
    if (native.truncated)
        sample->flags |= SAMPLE_NATIVE_TRUNCATED;
    if (t && t->active)
        take_lua(t, sample, native.has_vm ? &native.vm : NULL);
    result->n_frames = stitch(sample, t ? t->functions : NULL, result->frames);
    result->labels = t ? t->labels : 0;
    result->native = sample->native;
    result->n_native = sample->n_native;
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
    struct current_stack_memory *memory =
        t ? &t->stack_memory : memory_of_unwatched();
    if (t) {
        thread_block(t);
        safepoint_settle(t, (uintptr_t)__builtin_frame_address(0));
    }
    if (memory)
        take_stack(t, memory, caller, flags);
    if (t)
        thread_unblock(t);
    quiet_leave();
    return memory ? &memory->result : NULL;
}
