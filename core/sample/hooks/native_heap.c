/* native_heap.c -- defines malloc, free and their relatives.
 *
 * Each thread counts down the bytes to its next sample (the gap, heap.h), so a
 * block within the gap costs a comparison and a subtraction. After fork the
 * child has only one thread, so any lock may be held for ever. The child
 * never samples, and its free does not look for sampled blocks.
 */
#include "sample/hooks/native_heap.h"

#include "base/libc_malloc.h"
#include "base/random.h"

#if !LIBC_MALLOC_IS_REPLACEABLE

void native_heap_start(void) {}

#else

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sample/walk/current_stack.h"
#include "sample/tables/heap.h"
#include "sample/tables/native_blocks.h"
#include "sample/platform/quiet.h"

extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void *__libc_valloc(size_t size);
extern void *__libc_pvalloc(size_t size);

/* While sampling is off, a thread checks after so many bytes whether it has
 * started. */
enum { IDLE_GAP_BYTES = 1 << 16 };

static atomic_bool is_started;

/* local-exec: other thread-local variables may be allocated by malloc when a
 * thread first reads them. */
#define LOCAL static _Thread_local __attribute__((tls_model("local-exec")))
LOCAL int64_t gap_bytes;     /* until this thread's next sample */
LOCAL uint64_t random_state; /* of heap_next_gap; 0: not seeded yet */

static void record_block(void *address, size_t size, uintptr_t caller)
{
    int error = errno;
    struct native_block block = {.address = address, .size = size};
    const struct current_stack *stack = current_stack_take(caller, 0);
    block.position = stack ? heap_add(stack->frames, stack->n_frames,
                                      stack->labels, HEAP_NATIVE, size)
                           : heap_add(NULL, 0, 0, HEAP_NATIVE, size);
    if (!native_blocks_add(&block))
        heap_remove(block.position, size);
    errno = error;
}

/* The gap ends within this new block: records the block and draws a new gap. A
 * block of the sampler itself is not recorded, but a new gap is drawn all the
 * same, so that the next block is not likelier to be recorded. */
static __attribute__((noinline)) void end_gap(void *address, size_t size,
                                              uintptr_t caller)
{
    if (!atomic_load_explicit(&is_started, memory_order_relaxed)) {
        gap_bytes = IDLE_GAP_BYTES;
        return;
    }
    if (!random_state) { /* the thread's first block: no gap was drawn yet */
        random_state = random_seed();
        gap_bytes = heap_next_gap(&random_state) - (int64_t)size;
        if (gap_bytes > 0)
            return;
    }
    gap_bytes = heap_next_gap(&random_state);
    if (current_stack_may_take())
        record_block(address, size, caller);
}

/* Returns true, and shortens the gap, if a block of this size lies within the
 * gap, as nearly all do. The comparison is unsigned, so that a size which
 * malloc will refuse does not. A thread's first gap is 0. */
static inline bool is_in_gap(size_t size)
{
    if (__builtin_expect(size >= (size_t)gap_bytes, 0))
        return false;
    gap_bytes -= (int64_t)size;
    return true;
}

/* Called with a new block that does not lie within the gap, or NULL. Returns
 * the block. */
static void *after_alloc(void *address, size_t size, uintptr_t caller)
{
    if (address)
        end_gap(address, size, caller);
    return address;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

/* Evaluates to the block that `take`, an expression, allocates. `take` stands
 * twice in the code, so that a block within the gap costs a jump to the C
 * library and no stack frame. */
#define ALLOCATE(take, size)                                                   \
    (is_in_gap(size) ? (take) : after_alloc(take, size, CALLER))

/* Returns true and fills *block if the block at `address`, which is about to be
 * freed, is sampled. */
static bool forget_sampled(void *address, struct native_block *block)
{
    return fork_depth == 0 && native_blocks_remove(address, block);
}

/* Removes a block from the profile if it is sampled. Not inline, so that the
 * code for all other blocks stays short. */
static __attribute__((noinline)) void before_free(void *address)
{
    struct native_block block;
    if (forget_sampled(address, &block))
        heap_remove(block.position, block.size);
}

/* Returns false if the block is definitely not sampled. malloc learns from its
 * gap whether sampling is on. free has no gap and checks the flag. */
static inline bool may_be_sampled(const void *address)
{
    return atomic_load_explicit(&is_started, memory_order_relaxed) &&
           __builtin_expect(native_blocks_may_have(address), 0);
}

void *malloc(size_t size) { return ALLOCATE(__libc_malloc(size), size); }

static __attribute__((noinline)) void *calloc_beyond_gap(size_t n, size_t size,
                                                         uintptr_t caller)
{
    return after_alloc(__libc_calloc(n, size), n * size, caller);
}

/* Without ALLOCATE, which would need a stack frame for two arguments. */
void *calloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        return __libc_calloc(n, size); /* fails */
    return is_in_gap(total) ? __libc_calloc(n, size)
                            : calloc_beyond_gap(n, size, CALLER);
}

void free(void *address)
{
    if (may_be_sampled(address))
        before_free(address);
    __libc_free(address);
}

/* Resizes a block that may be sampled. If that fails, the old block stays
 * sampled. */
static __attribute__((noinline)) void *realloc_sampled(void *address,
                                                       size_t size)
{
    struct native_block old;
    bool was_sampled = forget_sampled(address, &old);
    void *moved = __libc_realloc(address, size);
    bool is_still_there = was_sampled && !moved && size > 0;
    if (was_sampled && !(is_still_there && native_blocks_add(&old)))
        heap_remove(old.position, old.size);
    return moved;
}

static inline void *realloc_any(void *address, size_t size)
{
    return may_be_sampled(address) ? realloc_sampled(address, size)
                                   : __libc_realloc(address, size);
}

void *realloc(void *address, size_t size)
{
    return ALLOCATE(realloc_any(address, size), size);
}

void *reallocarray(void *address, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return ALLOCATE(realloc_any(address, total), total);
}

void *memalign(size_t alignment, size_t size)
{
    return ALLOCATE(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return ALLOCATE(__libc_memalign(alignment, size), size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    bool is_power = alignment && (alignment & (alignment - 1)) == 0;
    if (!is_power || alignment % sizeof(void *) != 0)
        return EINVAL;
    int error = errno;
    void *address = ALLOCATE(__libc_memalign(alignment, size), size);
    errno = error;
    if (!address)
        return ENOMEM;
    *out = address;
    return 0;
}

void *valloc(size_t size) { return ALLOCATE(__libc_valloc(size), size); }

void *pvalloc(size_t size) { return ALLOCATE(__libc_pvalloc(size), size); }

void native_heap_start(void) { atomic_store(&is_started, heap_rate() > 0); }

#endif
