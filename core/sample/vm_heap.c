#include "sample/vm_heap.h"

#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/libc_malloc.h"
#include "sample/current_stack.h"
#include "sample/heap.h"
#include "sample/safepoint.h"
#include "sample/vm_heap_type.h"

/* In front of a sampled block. malloc aligns to 16, the block is at 24. */
struct header {
    uint64_t unused;
    uint64_t size;
    uint32_t position; /* of heap_add */
    uint32_t padding;
};

enum { HEADER_BYTES = 24 };
_Static_assert(sizeof(struct header) == HEADER_BYTES, "8 modulo 16");

static bool is_sampled(const void *block)
{
    return ((uintptr_t)block & 8) != 0;
}

static struct header *header_of(void *block)
{
    return (struct header *)((char *)block - HEADER_BYTES);
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

/* Room for a block that is not sampled. */
static void *take(struct vm_heap *heap, size_t size)
{
    return is_pooled(size) ? block_pool_take(&heap->pool, size)
                           : libc_malloc(size);
}

static void release_sampled(void *block)
{
    struct header *header = header_of(block);
    heap_remove(header->position, header->size);
    libc_free(header);
}

static void release(struct vm_heap *heap, void *block, size_t size)
{
    if (is_sampled(block))
        release_sampled(block);
    else if (is_pooled(size))
        block_pool_give(&heap->pool, block, size);
    else
        libc_free(block);
}

/* Room for `size` bytes that is recorded in the profile. `kind` is what Lua
 * says that a new block is. */
static void *allocate_sampled(size_t size, size_t kind, uintptr_t caller)
{
    struct header *header = libc_malloc(HEADER_BYTES + size);
    if (!header)
        return NULL;
    const struct current_stack *stack =
        current_stack_take(caller, SAMPLE_ALLOCATION);
    header->size = size;
    header->position = heap_add(stack, vm_heap_type(kind, stack), size);
    return header + 1;
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

/* Without recording it. */
static void *resize_unsampled(struct vm_heap *heap, void *ptr, size_t osize,
                              size_t nsize)
{
    if (!ptr)
        return take(heap, nsize);
    if (is_sampled(ptr))
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
    heap->random = heap_seed(heap);
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
