/* thread_create.c -- defines pthread_create. */
#include "sample/hooks/thread_create.h"

#include <dlfcn.h>
#include <pthread.h>

#include "sample/platform/quiet.h"
#include "sample/walk/current_stack.h"

struct tally thread_create_tally = TALLY_INIT;

typedef int (*create_fn)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                         void *);

/* Returns the pthread_create behind this file's: the C library's, or a
 * sanitizer's. */
static create_fn next_create(void)
{
    static _Atomic(create_fn) next;
    if (!next)
        next = (create_fn)dlsym(RTLD_NEXT, "pthread_create");
    return next;
}

int pthread_create(pthread_t *restrict thread,
                   const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict ctx)
{
    int error = next_create()(thread, attributes, start, ctx);
    if (error)
        return error;
    uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    const struct current_stack *stack = current_stack_take(caller, 0);
    if (stack)
        tally_add(&thread_create_tally, stack->frames, stack->n_frames,
                  stack->labels, 1, 0);
    else
        tally_add(&thread_create_tally, NULL, 0, 0, 1, 0);
    return 0;
}
