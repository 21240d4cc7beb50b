/* vm_heap.h -- the allocator of a Lua state: counts, and samples for the heap
 * profile.
 *
 * It takes its memory from the C library itself (libc_malloc.h), so that a
 * block of it is not one of native_heap.c too.
 *
 * A sampled block, and a large one, lies at an address that is 8 modulo 16, 24
 * bytes into what malloc gave, with a header in front; all others are at
 * multiples of 16, and are malloc's or, the small ones, the pool's as they are.
 * So a block tells by its address whether it has a header. Lua needs no more
 * than 8.
 *
 * The header counts who uses the block: a long string can go to a client as it
 * is, while Lua frees it, or the state is closed.
 */
#ifndef SAMPLE_HOOKS_VM_HEAP_H
#define SAMPLE_HOOKS_VM_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block_pool.h"

/* So far from a sample, lines are watched (safepoint_watch_lines). */
enum { VM_HEAP_NEAR_BYTES = 2048 };

/* Written by the thread that runs the state, read by any. */
struct vm_heap {
    _Atomic int64_t used_bytes;      /* what the state holds now */
    _Atomic int64_t allocated_bytes; /* all that it ever asked for */
    _Atomic int64_t n_collections;
    int64_t gap_bytes; /* until the next sample is VM_HEAP_NEAR_BYTES away */
    uint64_t random;
    struct block_pool pool;
};

/* For lua_newstate. NULL when out of memory. lua_close of the state frees it
 * (lua_api.c); without a state, vm_heap_free does. */
struct vm_heap *vm_heap_new(void);
void vm_heap_free(struct vm_heap *heap);

/* A lua_Alloc; ud is the vm_heap. */
void *vm_heap_realloc(void *ud, void *ptr, size_t osize, size_t nsize);

/* From here on a string is in a block that can be shared. */
#define VM_HEAP_LARGE_BYTES ((size_t)16 << 10)

/* Use the bytes of a string of a state with this allocator, as lua_tolstring
 * gives them, beyond its time in Lua, until vm_heap_unshare. False when it is
 * too short for that. [the state's thread] */
bool vm_heap_share(const char *text, size_t len);

/* Once for each vm_heap_share. [any thread] */
void vm_heap_unshare(const char *text);

#endif
