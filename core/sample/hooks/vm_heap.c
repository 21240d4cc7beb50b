/* vm_heap.c -- a lua_Alloc that draws gaps between samples (heap.h), and marks
 * the sampled blocks by their address. */
#include "sample/hooks/vm_heap.h"

#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/vm_malloc.h"
#include "base/random.h"
#include "sample/platform/prototype.h"
#include "sample/walk/current_stack.h"
#include "sample/tables/heap.h"
#include "sample/tables/prototypes.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/thread.h"
#include "sample/hooks/vm_heap_type.h"

/* Stands in front of a sampled or large block. vm_malloc aligns blocks of 16
 * bytes or more to 16, so a block behind 24 bytes of header is at 8 modulo 16.
 */
struct header {
    uint32_t mark;            /* HEADER_MARK */
    _Atomic uint32_t n_users; /* Lua, and each vm_heap_share */
    uint64_t size;            /* of the block, without the header */
    uint32_t position;        /* if sampled: from heap_add */
    bool is_sampled;
};

enum { HEADER_BYTES = 24, HEADER_MARK = 0x6c756121 };
/* No block without a header is smaller, so each is at a multiple of 16. */
enum { LEAST_BYTES = 16 };
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

/* A counter has one writer, so a plain addition is enough; other threads may
 * read it. */
static void add_bytes(_Atomic int64_t *counter, int64_t n)
{
    atomic_store_explicit(
        counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
        memory_order_relaxed);
}

/* Fills the header at the start of memory from vm_malloc. Returns the
 * block behind it, or NULL if `header` is NULL. */
static void *init_header(struct header *header, size_t size)
{
    if (!header)
        return NULL;
    *header = (struct header){.mark = HEADER_MARK, .n_users = 1, .size = size};
    return header + 1;
}

/* Returns a new block that is not sampled, or NULL. */
static void *allocate_unsampled(size_t size)
{
    if (is_large(size))
        return init_header(vm_malloc.take(HEADER_BYTES + size), size);
    return vm_malloc.take(size < LEAST_BYTES ? LEAST_BYTES : size);
}

/* Ends one use of a block with a header. The last use frees the block. */
static void release_headed(const void *block)
{
    struct header *header = header_of(block);
    if (atomic_fetch_sub_explicit(&header->n_users, 1, memory_order_acq_rel) !=
        1)
        return;
    if (header->is_sampled)
        heap_remove(header->position, header->size);
    vm_malloc.give(header);
}

static void release_block(void *block)
{
    if (has_header(block))
        release_headed(block);
    else
        vm_malloc.give(block);
}

/* Returns a new block that is recorded in the profile, or NULL. `kind` is as in
 * vm_heap_type. */
static void *allocate_sampled(size_t size, size_t kind, uintptr_t caller)
{
    void *block = init_header(vm_malloc.take(HEADER_BYTES + size), size);
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

/* Moves the block to a new block that is recorded, or makes one if `ptr` is
 * NULL. Returns NULL, and leaves the old block as it is, if out of memory. */
static void *reallocate_sampled(void *ptr, size_t osize, size_t nsize,
                                uintptr_t caller)
{
    void *block = allocate_sampled(nsize, ptr ? 0 : osize, caller);
    if (block && ptr) {
        memcpy(block, ptr, osize < nsize ? osize : nsize);
        release_block(ptr);
    }
    return block;
}

/* Moves the block to a new block that is not recorded. Returns NULL if out of
 * memory. */
static void *move_unsampled(void *ptr, size_t osize, size_t nsize)
{
    void *block = allocate_unsampled(nsize);
    if (!block)
        return NULL;
    memcpy(block, ptr, osize < nsize ? osize : nsize);
    release_block(ptr);
    return block;
}

/* Resizes a block that has a header, without recording it. No other user shares
 * the block: only strings are shared, and Lua never resizes a string. */
static void *resize_headed(void *ptr, size_t osize, size_t nsize)
{
    if (header_of(ptr)->is_sampled || !is_large(nsize))
        return move_unsampled(ptr, osize, nsize);
    return init_header(vm_malloc.resize(header_of(ptr), HEADER_BYTES + nsize),
                       nsize);
}

/* Resizes a block, or makes one if `ptr` is NULL, without recording it. If out
 * of memory, the function returns the old block when the block is to shrink,
 * because Lua assumes that shrinking never fails, and NULL otherwise. */
static void *resize_unsampled(void *ptr, size_t osize, size_t nsize)
{
    void *block;
    if (!ptr)
        return allocate_unsampled(nsize);
    if (has_header(ptr))
        block = resize_headed(ptr, osize, nsize);
    else if (is_large(nsize))
        block = move_unsampled(ptr, osize, nsize);
    else
        block =
            vm_malloc.resize(ptr, nsize < LEAST_BYTES ? LEAST_BYTES : nsize);
    return block || nsize > osize ? block : ptr;
}

static void begin_gap(struct vm_heap *heap)
{
    heap->gap_bytes = heap_next_gap(&heap->random);
}

struct vm_heap *vm_heap_new(void)
{
    vm_malloc_init();
    struct vm_heap *heap = calloc(1, sizeof *heap);
    if (!heap)
        return NULL;
    heap->random = random_seed();
    begin_gap(heap);
    return heap;
}

void vm_heap_free(struct vm_heap *heap)
{
    prototypes_free(heap->prototypes);
    free(heap);
}

/* Resizes a block at which a sample is due. Not inline, so that the code for
 * all other blocks stays short. */
static __attribute__((noinline)) void *resize_at_sample(struct vm_heap *heap,
                                                        void *ptr, size_t osize,
                                                        size_t nsize,
                                                        uintptr_t caller)
{
    if (current_stack_may_take()) {
        void *block = reallocate_sampled(ptr, osize, nsize, caller);
        if (block) {
            begin_gap(heap);
            return block;
        }
    }
    void *block = resize_unsampled(ptr, osize, nsize);
    if (block)
        heap->gap_bytes -= (int64_t)nsize;
    return block;
}

static void *resize_block(struct vm_heap *heap, void *ptr, size_t osize,
                          size_t nsize, uintptr_t caller)
{
    if (__builtin_expect((int64_t)nsize >= heap->gap_bytes, 0))
        return resize_at_sample(heap, ptr, osize, nsize, caller);
    void *block = resize_unsampled(ptr, osize, nsize);
    if (block)
        heap->gap_bytes -= (int64_t)nsize;
    return block;
}

/* The handler must not search the table while an entry leaves it. */
static void forget_prototype(struct vm_heap *heap, const void *block)
{
    struct sampler_thread *t = thread_self;
    if (t)
        thread_block(t);
    prototypes_forget(heap->prototypes, block);
    if (t)
        thread_unblock(t);
}

/* The size of a coroutine's block, in which the lua_State follows
 * LUA_EXTRASPACE bytes; 0: not known. */
static size_t coroutine_bytes;

static void *note_coroutine_bytes(void *ud, void *ptr, size_t osize,
                                  size_t nsize)
{
    (void)ud;
    if (!ptr && osize == LUA_TTHREAD)
        coroutine_bytes = nsize;
    if (nsize > 0)
        return realloc(ptr, nsize);
    free(ptr);
    return NULL;
}

static int make_one_coroutine(lua_State *L)
{
    lua_newthread(L);
    return 0;
}

void vm_heap_init(void)
{
    lua_State *L = lua_newstate(note_coroutine_bytes, NULL);
    if (!L)
        return;
    lua_pushcfunction(L, make_one_coroutine);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK)
        coroutine_bytes = 0;
    lua_close(L);
}

void *vm_heap_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct vm_heap *heap = ud;
    int64_t old_bytes = ptr ? (int64_t)osize : 0;
    if (nsize == 0) {
        if (ptr && osize == PROTOTYPE_BYTES && heap->prototypes)
            forget_prototype(heap, ptr);
        if (osize == coroutine_bytes && ptr)
            safepoint_forget_coroutine(
                (lua_State *)((char *)ptr + LUA_EXTRASPACE));
        if (ptr)
            release_block(ptr);
        add_bytes(&heap->used_bytes, -old_bytes);
        return NULL;
    }
    void *block = resize_block(heap, ptr, osize, nsize,
                               (uintptr_t)__builtin_return_address(0));
    if (block) {
        add_bytes(&heap->used_bytes, (int64_t)nsize - old_bytes);
        add_bytes(&heap->allocated_bytes, (int64_t)nsize);
    }
    return block;
}

/* Lua 5.4 has so many bytes in front of a string's text, and a NUL behind it.
 */
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
        return false; /* this release of Lua lays strings out differently */
    atomic_fetch_add_explicit(&header->n_users, 1, memory_order_relaxed);
    return true;
}

void vm_heap_unshare(const char *text) { release_headed(block_of(text)); }
