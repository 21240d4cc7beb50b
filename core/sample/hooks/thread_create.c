/* thread_create.c -- defines pthread_create. */
#include "sample/hooks/thread_create.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/fork.h"
#include "sample/platform/own_work.h"
#include "sample/platform/quiet.h"
#include "sample/walk/attach.h"
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

/* What a new thread runs. */
struct beginning {
    void *(*start)(void *);
    void *ctx;
};

static atomic_bool is_watching;
static pthread_key_t end_key; /* its destructor runs when the thread ends */

static void on_end(void *value)
{
    (void)value;
    detach_foreign_thread();
}

void thread_create_watch(void)
{
    if (pthread_key_create(&end_key, on_end) == 0)
        atomic_store(&is_watching, true);
}

/* Begins to watch the calling thread. The thread may be cancelled from its own
 * function on, not before. */
static __attribute__((noinline)) void watch_thread(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (pthread_setspecific(end_key, &end_key) == 0)
        attach_foreign_thread();
    pthread_setcancelstate(state, NULL);
}

/* Ends in a jump to the thread's function, which so has no frame of this file
 * below it. */
static void *begin_thread(void *arg)
{
    struct beginning b = *(struct beginning *)arg;
    free(arg);
    watch_thread();
    return b.start(b.ctx);
}

/* Makes a thread that is watched from its begin to its end, or, if memory is
 * short, one that is not. */
static int create_watched(pthread_t *thread, const pthread_attr_t *attributes,
                          struct beginning begin)
{
    struct beginning *b = NULL;
    own_work_enter();
    if (atomic_load(&is_watching) && fork_depth == 0)
        b = malloc(sizeof *b);
    own_work_leave();
    if (!b)
        return next_create()(thread, attributes, begin.start, begin.ctx);
    *b = begin;
    int error = next_create()(thread, attributes, begin_thread, b);
    if (error)
        free(b);
    return error;
}

int pthread_create(pthread_t *restrict thread,
                   const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict ctx)
{
    struct beginning begin = {start, ctx};
    int error = create_watched(thread, attributes, begin);
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
