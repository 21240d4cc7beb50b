/* vm_heap.h -- the allocator of a Lua state: counts the state's memory and
 * samples its blocks for the heap profile.
 *
 * A sampled block and a large block have a header in front and lie at an
 * address that is 8 modulo 16:
 *
 *     address of memory, 0 modulo 16         address that Lua gets, 8 modulo 16
 *     |                                      |
 *     v                                      v
 *     +------+---------+------+--------------+--------------------
 *     | mark | n_users | size | position ... | the block's bytes
 *     +------+---------+------+--------------+--------------------
 *      <---------- header, 24 bytes -------->
 *
 * All other blocks have no header and lie at multiples of 16. So the address of
 * a block tells whether the block has a header, and freeing a block that is not
 * sampled costs one test. Lua needs no alignment above 8.
 *
 * The header counts the users of the block, because a long string can be sent
 * to a client while Lua frees it or the state is closed.
 *
 * The memory comes from base/vm_malloc.h, which native_heap.c does not see, so
 * that no byte is counted twice.
 *
 * Path: [vm_heap] -> current_stack.c, vm_heap_type.c -> heap.c
 */
#ifndef SAMPLE_HOOKS_VM_HEAP_H
#define SAMPLE_HOOKS_VM_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prototypes;

/* The counters are written by the thread that runs the state and may be read by
 * any thread; the other fields belong to the thread that runs the state. */
struct vm_heap {
    struct prototypes *prototypes;   /* the first field (prototypes_of); NULL:
                                        no chunk is loaded yet */
    _Atomic int64_t used_bytes;      /* live now */
    _Atomic int64_t allocated_bytes; /* allocated since the state was made */
    _Atomic int64_t n_collections;
    int64_t gap_bytes; /* until the next sample */
    uint64_t random;   /* of heap_next_gap */
};

/* Finds out how many bytes Lua allocates for a coroutine. Called once, at start.
 */
void vm_heap_init(void);

/* Makes the allocator of one state, for lua_newstate. Returns NULL if out of
 * memory. lua_close frees the allocator (lua_api.c); the caller calls
 * vm_heap_free only if no state was made with it. */
struct vm_heap *vm_heap_new(void);
void vm_heap_free(struct vm_heap *heap);

/* The lua_Alloc; `ud` is the struct vm_heap. Lua calls it on the thread that
 * runs the state. */
void *vm_heap_realloc(void *ud, void *ptr, size_t osize, size_t nsize);

/* Blocks of this size or more have a header, so the string in one can be
 * shared. */
#define VM_HEAP_LARGE_BYTES ((size_t)16 << 10)

/* Keeps the bytes of a Lua string alive after Lua has freed the string, until
 * vm_heap_unshare. `text` and `len` are as lua_tolstring returns them. Returns
 * false if the string is too short to be shared. Called on the thread that runs
 * the state, while the string is live in Lua. */
bool vm_heap_share(const char *text, size_t len);

/* Ends one vm_heap_share; the last user frees the block. [any thread] */
void vm_heap_unshare(const char *text);

#endif
