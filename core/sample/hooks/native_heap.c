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

/* A thread looks this often whether sampling has started. */
enum { IDLE_GAP_BYTES = 1 << 16 };

static atomic_bool is_started;

/* local-exec: reading one calls nothing and allocates nothing. */
#define LOCAL static _Thread_local __attribute__((tls_model("local-exec")))
LOCAL int64_t gap_bytes; /* until this thread's next sample */
LOCAL uint64_t random_state;

static void record(void *address, size_t size, uintptr_t caller)
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

/* The gap ends within this block. What the sampler itself allocates is passed
 * over, and a new gap drawn all the same: the next one is no likelier for it.
 */
static __attribute__((noinline)) void end_gap(void *address, size_t size,
                                              uintptr_t caller)
{
    if (!atomic_load_explicit(&is_started, memory_order_relaxed)) {
        gap_bytes = IDLE_GAP_BYTES;
        return;
    }
    if (!random_state) { /* the thread's first: there was no gap yet */
        random_state = random_seed();
        gap_bytes = heap_next_gap(&random_state) - (int64_t)size;
        if (gap_bytes > 0)
            return;
    }
    gap_bytes = heap_next_gap(&random_state);
    if (current_stack_may_take())
        record(address, size, caller);
}

/* Most blocks lie within the gap, and only shorten it. Unsigned, so that a size
 * which malloc will refuse does not; a thread's first gap is 0. */
static inline bool is_in_gap(size_t size)
{
    if (__builtin_expect(size >= (size_t)gap_bytes, 0))
        return false;
    gap_bytes -= (int64_t)size;
    return true;
}

/* `address` is a new block, or NULL, that is not in the gap. */
static void *came(void *address, size_t size, uintptr_t caller)
{
    if (address)
        end_gap(address, size, caller);
    return address;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

/* The block that `take`, an expression, gives. Its value twice in the code: a
 * block within the gap costs a jump to the C library, and no frame. */
#define ALLOCATE(take, size)                                                   \
    (is_in_gap(size) ? (take) : came(take, size, CALLER))

/* Is the block at `address`, which is about to go, a sampled one? */
static bool take_out(void *address, struct native_block *block)
{
    return !quiet_is_child && native_blocks_remove(address, block);
}

/* Out of the way of all other blocks. */
static __attribute__((noinline)) void leave(void *address)
{
    struct native_block block;
    if (take_out(address, &block))
        heap_remove(block.position, block.size);
}

/* Blocks that come have their gap to tell that sampling is off; those that go
 * ask. */
static inline bool may_be_sampled(const void *address)
{
    return atomic_load_explicit(&is_started, memory_order_relaxed) &&
           __builtin_expect(native_blocks_may_have(address), 0);
}

void *malloc(size_t size) { return ALLOCATE(__libc_malloc(size), size); }

static __attribute__((noinline)) void *calloc_beyond_gap(size_t n, size_t size,
                                                         uintptr_t caller)
{
    return came(__libc_calloc(n, size), n * size, caller);
}

/* Not ALLOCATE, which would make a frame for two arguments. */
void *calloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) /* refused */
        return __libc_calloc(n, size);
    return is_in_gap(total) ? __libc_calloc(n, size)
                            : calloc_beyond_gap(n, size, CALLER);
}

void free(void *address)
{
    if (may_be_sampled(address))
        leave(address);
    __libc_free(address);
}

/* A block that may be a sampled one. */
static __attribute__((noinline)) void *resize_sampled(void *address,
                                                      size_t size)
{
    struct native_block old;
    bool was_sampled = take_out(address, &old);
    void *moved = __libc_realloc(address, size);
    bool is_still_there = was_sampled && !moved && size > 0;
    if (was_sampled && !(is_still_there && native_blocks_add(&old)))
        heap_remove(old.position, old.size);
    return moved;
}

static inline void *resize(void *address, size_t size)
{
    return may_be_sampled(address) ? resize_sampled(address, size)
                                   : __libc_realloc(address, size);
}

void *realloc(void *address, size_t size)
{
    return ALLOCATE(resize(address, size), size);
}

void *reallocarray(void *address, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return ALLOCATE(resize(address, total), total);
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
