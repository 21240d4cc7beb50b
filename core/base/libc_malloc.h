/* libc_malloc.h -- the C library's allocator, behind the program's own malloc.
 *
 * The program defines malloc and free to profile them
 * (sample/hooks/native_heap.c). Allocators that count their blocks themselves,
 * such as the Lua allocator of sample/hooks/vm_heap.c, call these functions, so
 * that no byte is counted twice. A block from these functions goes back to
 * libc_free. The functions have the contracts of malloc, realloc and free.
 *
 * A sanitizer brings its own malloc, which these functions then call.
 */
#ifndef BASE_LIBC_MALLOC_H
#define BASE_LIBC_MALLOC_H

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

#define LIBC_MALLOC_IS_REPLACEABLE 0

static inline void *libc_malloc(size_t size) { return malloc(size); }

static inline void *libc_realloc(void *block, size_t size)
{
    return realloc(block, size);
}

static inline void libc_free(void *block) { free(block); }

#else

#define LIBC_MALLOC_IS_REPLACEABLE 1

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static inline void *libc_malloc(size_t size) { return __libc_malloc(size); }

static inline void *libc_realloc(void *block, size_t size)
{
    return __libc_realloc(block, size);
}

static inline void libc_free(void *block) { __libc_free(block); }

#endif

#endif
