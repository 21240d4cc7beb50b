/* libc_malloc.h -- the C library's allocator itself, whatever the program puts
 * in its place (sample/native_heap.c): for allocators that account for what
 * they take, so that no byte is counted twice. What one of these gives goes
 * back to one of these.
 *
 * With a sanitizer, malloc is the sanitizer's, and so are these.
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
