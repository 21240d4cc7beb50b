/* vm_malloc.h -- the allocator of Lua's blocks: mimalloc.
 *
 * A garbage collector frees many small blocks at once, which is more than the
 * C library's caches hold. With mimalloc a script that allocates much takes 0.6
 * to 0.8 times as long (bench/speed.sh).
 *
 * libmimalloc.so exports malloc, its relatives and C++'s `new` besides its own
 * functions. If the program were linked with it, memory of C++ libraries would
 * come from it, and heap profiles would not see that memory. So it is opened
 * with dlopen, out of sight of all other libraries.
 *
 * All blocks come from the C library's allocator instead (libc_malloc.h) if
 * mimalloc cannot be opened, which is logged, and in builds with a sanitizer,
 * so that the sanitizer sees each block.
 *
 * Path: sample/hooks/vm_heap.c -> [vm_malloc]
 */
#ifndef BASE_VM_MALLOC_H
#define BASE_VM_MALLOC_H

#include <stddef.h>

/* Like malloc, realloc and free, except that shrinking a block can fail, and
 * that a block of less than 16 bytes may be aligned to 8 only. A block may be
 * freed by any thread. No heap profile sees the blocks. [any thread, not in a
 * handler] */
struct vm_malloc {
    void *(*take)(size_t size);
    void *(*resize)(void *block, size_t size);
    void (*give)(void *block);
};

extern struct vm_malloc vm_malloc;

/* Opens mimalloc. Called before the first block is taken; later calls do
 * nothing. [any thread] */
void vm_malloc_init(void);

/* Gives free memory of the calling thread's blocks back to the system. [any
 * thread] */
void vm_malloc_trim(void);

#endif
