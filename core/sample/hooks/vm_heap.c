#include "sample/hooks/vm_heap.h"

#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/libc_malloc.h"
#include "base/random.h"
#include "sample/walk/current_stack.h"
#include "sample/tables/heap.h"
#include "sample/walk/safepoint.h"
#include "sample/hooks/vm_heap_type.h"

/* In front of a sampled block, and of a large one. malloc aligns to 16, the
 * block is at 24. */
struct header {
    uint32_t mark;
    _Atomic uint32_t n_users; /* Lua, and who shares it */
    uint64_t size;
    uint32_t position; /* of heap_add */
    bool is_sampled;
};

enum { HEADER_BYTES = 24, HEADER_MARK = 0x6c756121 };
_Static_assert(sizeof(struct header) == HEADER_BYTES, "8 modulo 16");

static bool is_large(size_t size) { return size >= VM_HEAP_LARGE_BYTES; }

static bool has_header(const void *block)
{
    return ((uintptr_t)block & 8) != 0;
}

static struct header *header_of(const void *block)
{
    return (struct header *)((uintptr_t)block - HEADER_BYTES);
}

/* One writer: plain adds, readable from other threads. */
static void count(_Atomic int64_t *counter, int64_t n)
{
    atomic_store_explicit(
        counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
        memory_order_relaxed);
}

/* A sanitizer is to see each block: all are malloc's then. */
static bool is_pooled(size_t size)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)size;
    return false;
#else
    return size <= BLOCK_POOL_MAX_BYTES;
#endif
}

/* The block behind a header that malloc or realloc gave, or NULL. */
static void *begin(struct header *header, size_t size)
{
    if (!header)
        return NULL;
    *header = (struct header){.mark = HEADER_MARK, .n_users = 1, .size = size};
    return header + 1;
}

/* Room for a block that is not sampled. */
static void *take(struct vm_heap *heap, size_t size)
{
    if (is_pooled(size))
        return block_pool_take(&heap->pool, size);
    if (is_large(size))
        return begin(libc_malloc(HEADER_BYTES + size), size);
    return libc_malloc(size);
}

/* A user of the block, perhaps the last one, is done with it. */
static void release_headed(const void *block)
{
    struct header *header = header_of(block);
    if (atomic_fetch_sub_explicit(&header->n_users, 1, memory_order_acq_rel) !=
        1)
        return;
    if (header->is_sampled)
        heap_remove(header->position, header->size);
    libc_free(header);
}

static void release(struct vm_heap *heap, void *block, size_t size)
{
    if (has_header(block))
        release_headed(block);
    else if (is_pooled(size))
        block_pool_give(&heap->pool, block, size);
    else
        libc_free(block);
}

/* Room for `size` bytes that is recorded in the profile. `kind` is what Lua
 * says that a new block is. */
static void *allocate_sampled(size_t size, size_t kind, uintptr_t caller)
{
    void *block = begin(libc_malloc(HEADER_BYTES + size), size);
    if (!block)
        return NULL;
    const struct current_stack *stack =
        current_stack_take(caller, SAMPLE_ALLOCATION);
    struct header *header = header_of(block);
    header->is_sampled = true;
    const char *type = vm_heap_type(kind, stack);
    header->position = stack ? heap_add(stack->frames, stack->n_frames,
                                        stack->labels, type, size)
                             : heap_add(NULL, 0, 0, type, size);
    return block;
}

/* The same block, or a new one, of `nsize` bytes that is recorded. */
static void *sample(struct vm_heap *heap, void *ptr, size_t osize, size_t nsize,
                    uintptr_t caller)
{
    void *block = allocate_sampled(nsize, ptr ? 0 : osize, caller);
    if (block && ptr) {
        memcpy(block, ptr, osize < nsize ? osize : nsize);
        release(heap, ptr, osize);
    }
    return block;
}

/* To a block that is not recorded. */
static void *move(struct vm_heap *heap, void *ptr, size_t osize, size_t nsize)
{
    void *block = take(heap, nsize);
    if (!block) /* Lua takes it that a block can always shrink */
        return nsize <= osize ? ptr : NULL;
    memcpy(block, ptr, osize < nsize ? osize : nsize);
    release(heap, ptr, osize);
    return block;
}

/* Of one with a header, that nobody shares: Lua never resizes a string. */
static void *resize_headed(struct vm_heap *heap, void *ptr, size_t osize,
                           size_t nsize)
{
    if (header_of(ptr)->is_sampled || !is_large(nsize))
        return move(heap, ptr, osize, nsize);
    return begin(libc_realloc(header_of(ptr), HEADER_BYTES + nsize), nsize);
}

/* Without recording it. */
static void *resize_unsampled(struct vm_heap *heap, void *ptr, size_t osize,
                              size_t nsize)
{
    if (!ptr)
        return take(heap, nsize);
    if (has_header(ptr))
        return resize_headed(heap, ptr, osize, nsize);
    if (is_large(nsize))
        return move(heap, ptr, osize, nsize);
    if (!is_pooled(osize) && !is_pooled(nsize))
        return libc_realloc(ptr, nsize);
    if (block_pool_class(osize) == block_pool_class(nsize))
        return ptr;
    return move(heap, ptr, osize, nsize);
}

static void begin_gap(struct vm_heap *heap)
{
    heap->gap_bytes = heap_next_gap(&heap->random) - VM_HEAP_NEAR_BYTES;
}

struct vm_heap *vm_heap_new(void)
{
    struct vm_heap *heap = calloc(1, sizeof *heap);
    if (!heap)
        return NULL;
    heap->random = random_seed();
    begin_gap(heap);
    return heap;
}

void vm_heap_free(struct vm_heap *heap)
{
    block_pool_fini(&heap->pool);
    free(heap);
}

/* Out of the way of all other blocks: a sample is near, or this is the one. */
static __attribute__((noinline)) void *
resize_near_sample(struct vm_heap *heap, void *ptr, size_t osize, size_t nsize,
                   uintptr_t caller)
{
    if ((int64_t)nsize >= heap->gap_bytes + VM_HEAP_NEAR_BYTES &&
        current_stack_may_take()) {
        void *block = sample(heap, ptr, osize, nsize, caller);
        if (block) {
            begin_gap(heap);
            safepoint_watch_lines(heap->gap_bytes <= 0);
            return block;
        }
    }
    void *block = resize_unsampled(heap, ptr, osize, nsize);
    if (block)
        heap->gap_bytes -= (int64_t)nsize;
    safepoint_watch_lines(true);
    return block;
}

static void *resize(struct vm_heap *heap, void *ptr, size_t osize, size_t nsize,
                    uintptr_t caller)
{
    if (__builtin_expect((int64_t)nsize >= heap->gap_bytes, 0))
        return resize_near_sample(heap, ptr, osize, nsize, caller);
    void *block = resize_unsampled(heap, ptr, osize, nsize);
    if (block)
        heap->gap_bytes -= (int64_t)nsize;
    return block;
}

void *vm_heap_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct vm_heap *heap = ud;
    int64_t old_bytes = ptr ? (int64_t)osize : 0;
    if (nsize == 0) {
        if (ptr)
            release(heap, ptr, osize);
        count(&heap->used_bytes, -old_bytes);
        return NULL;
    }
    void *block =
        resize(heap, ptr, osize, nsize, (uintptr_t)__builtin_return_address(0));
    if (block) {
        count(&heap->used_bytes, (int64_t)nsize - old_bytes);
        count(&heap->allocated_bytes, (int64_t)nsize);
    }
    return block;
}

/* What Lua 5.4 has in front of a string's bytes; a NUL is behind them. */
enum { STRING_HEADER_BYTES = 24 };
_Static_assert(LUA_VERSION_NUM == 504, "the layout of strings");

static const void *block_of(const char *text)
{
    return text - STRING_HEADER_BYTES;
}

bool vm_heap_share(const char *text, size_t len)
{
    size_t size = STRING_HEADER_BYTES + len + 1;
    if (!is_large(size) || !has_header(block_of(text)))
        return false;
    struct header *header = header_of(block_of(text));
    if (header->mark != HEADER_MARK || header->size != size)
        return false; /* this Lua lays them out in another way */
    atomic_fetch_add_explicit(&header->n_users, 1, memory_order_relaxed);
    return true;
}

void vm_heap_unshare(const char *text) { release_headed(block_of(text)); }
