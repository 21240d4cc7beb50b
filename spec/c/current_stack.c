/* current_stack.c -- tests of walk/current_stack.c on threads that are not
 * watched: the memory in which such a thread takes a stack is its own, and goes
 * with it. A test besides holds the program's thread-locals small. */
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/libc_malloc.h"
#include "sample/platform/symbolize.h"
#include "sample/tables/frames.h"
#include "sample/walk/current_stack.h"

static __attribute__((noinline)) const struct current_stack *take(void)
{
    const struct current_stack *stack =
        current_stack_take((uintptr_t)__builtin_return_address(0), 0);
    __asm__ volatile("" ::: "memory"); /* no tail call */
    return stack;
}

static int read_tls_size(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            *(size_t *)ctx = info->dlpi_phdr[i].p_memsz;
    return 1; /* the first object is the program itself */
}

/* A shared object that is loaded after the program's start finds room for its
 * thread-locals only in what glibc reserves for all such objects together (the
 * tunable glibc.rtld.optional_static_tls, 512 bytes, and a little more). */
static void has_few_thread_locals(void **state)
{
    (void)state;
    size_t size = 0;
    dl_iterate_phdr(read_tls_size, &size);
    assert_true(size > 0);
    assert_true(size <= 1024);
}

static pthread_barrier_t both;

static void *take_and_wait(void *ctx)
{
    const struct current_stack *stack = take();
    *(const struct current_stack **)ctx = stack;
    struct symbol symbols[SYMBOLS_MAX] = {{.name = ""}};
    struct symbolizer *symbolizer = symbolizer_new();
    assert_non_null(symbolizer);
    if (stack && stack->n_frames > 0)
        symbolize(symbolizer, frames_get(stack->frames[0]).pc, symbols);
    assert_string_equal("take_and_wait", symbols[0].name);
    symbolizer_free(symbolizer);
    assert_ptr_equal(stack, take()); /* the same memory again */
    pthread_barrier_wait(&both);     /* both threads have theirs now */
    return NULL;
}

static void each_thread_has_memory_of_its_own(void **state)
{
    (void)state;
    pthread_t threads[2];
    const struct current_stack *stacks[2];
    pthread_barrier_init(&both, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            0, pthread_create(&threads[i], NULL, take_and_wait, &stacks[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&both);
    assert_ptr_not_equal(stacks[0], stacks[1]);
}

static void *take_once(void *ctx)
{
    *(bool *)ctx = take() != NULL;
    return NULL;
}

static void run_thread(void *(*fn)(void *), void *ctx)
{
    pthread_t thread;
    assert_int_equal(0, pthread_create(&thread, NULL, fn, ctx));
    assert_int_equal(0, pthread_join(thread, NULL));
}

static void frees_the_memory_of_a_thread_that_ends(void **state)
{
    (void)state;
    enum { N = 500 };
    bool took = false;
    for (int i = 0; i < 10; i++) /* libunwind and the tables allocate, once */
        run_thread(take_once, &took);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < N; i++) {
        run_thread(take_once, &took);
        assert_true(took);
    }
    size_t kept = mallinfo2().uordblks - before;
    assert_true(kept < N * sizeof(struct current_stack_memory) / 10 ||
                kept > SIZE_MAX / 2);
}

/* One of these keys is made before the key of current_stack.c and one after, so
 * that a destructor runs after that key's, in whichever order they run. */
static pthread_key_t keys[2];

static void take_at_end(void *ctx) { *(bool *)ctx = take() != NULL; }

static void *end_with_destructors(void *ctx)
{
    bool *took = ctx;
    assert_non_null(take());
    pthread_setspecific(keys[0], &took[0]);
    pthread_setspecific(keys[1], &took[1]);
    return NULL;
}

static void takes_stacks_in_destructors(void **state)
{
    (void)state;
    bool took[2] = {false, false};
    pthread_key_create(&keys[1], take_at_end);
    run_thread(end_with_destructors, took);
    assert_true(took[0] && took[1]);
}

/* In a child that has used up all of its memory. */
static void takes_none_without_memory(void **state)
{
    (void)state;
    if (!LIBC_MALLOC_IS_REPLACEABLE) {
        print_message("skipped: a sanitizer ends the process without memory\n");
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_AS, &none);
        for (size_t size = 1 << 16; size >= 16; size /= 2)
            while (libc_malloc(size))
                ;
        _exit(take() ? 1 : 42);
    }
    int status;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    assert_int_equal(42, WEXITSTATUS(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_few_thread_locals),
        /* First of those that take a stack: its thread has none yet. */
        cmocka_unit_test(takes_none_without_memory),
        cmocka_unit_test(each_thread_has_memory_of_its_own),
        cmocka_unit_test(frees_the_memory_of_a_thread_that_ends),
        cmocka_unit_test(takes_stacks_in_destructors),
    };
    pthread_key_create(&keys[0], take_at_end);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
