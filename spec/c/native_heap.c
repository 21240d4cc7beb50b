/* native_heap.c -- tests of hooks/native_heap.c: that all of malloc's family
 * is counted, rightly and once, and behaves as it should. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/libc_malloc.h"
#include "sample/session/sampler.h"
#include "sample/tables/heap.h"

enum { RATE_BYTES = 1024, N = 20000, SIZE_BYTES = 2000 };

static struct heap_entry sum(void)
{
    struct heap_snapshot *snapshot = heap_snapshot_take();
    assert_non_null(snapshot);
    struct heap_entry all = snapshot->overflow;
    for (uint32_t i = 0; i < snapshot->n; i++) {
        const struct heap_entry *e = &snapshot->entries[i];
        all.alloc_objects += e->alloc_objects;
        all.alloc_bytes += e->alloc_bytes;
        all.live_bytes += e->live_bytes;
    }
    free(snapshot);
    return all;
}

static void *by_malloc(void) { return malloc(SIZE_BYTES); }

static void *by_calloc(void) { return calloc(SIZE_BYTES / 8, 8); }

static void *by_realloc(void) { return realloc(NULL, SIZE_BYTES); }

static void *by_reallocarray(void)
{
    return reallocarray(NULL, SIZE_BYTES / 8, 8);
}

static void *by_memalign(void) { return memalign(64, SIZE_BYTES); }

static void *by_aligned_alloc(void) { return aligned_alloc(16, SIZE_BYTES); }

static void *by_posix_memalign(void)
{
    void *block;
    return posix_memalign(&block, 256, SIZE_BYTES) ? NULL : block;
}

static void *by_strdup(void)
{
    static char text[SIZE_BYTES];
    memset(text, 'x', sizeof text - 1);
    return strdup(text);
}

static const struct way {
    void *(*allocate)(void);
    size_t alignment;
} ways[] = {{by_malloc, 16},          {by_calloc, 16},   {by_realloc, 16},
            {by_reallocarray, 16},    {by_memalign, 64}, {by_aligned_alloc, 16},
            {by_posix_memalign, 256}, {by_strdup, 16}};

/* The standard error of the sum of N blocks, each met with probability p, is
 * sqrt((1 - p) / (N p)) of it, p being 0.86: 0.3 %. Five of these. */
static void assert_near(int64_t actual, double expected)
{
    assert_true((double)actual > 0.985 * expected);
    assert_true((double)actual < 1.015 * expected);
}

static void counts_the_family(void **state)
{
    (void)state;
    static void *blocks[N];
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        struct heap_entry before = sum();
        for (int i = 0; i < N; i++) {
            blocks[i] = ways[way].allocate();
            assert_non_null(blocks[i]);
            assert_true((uintptr_t)blocks[i] % ways[way].alignment == 0);
        }
        struct heap_entry full = sum();
        assert_near(full.alloc_bytes - before.alloc_bytes,
                    (double)N * SIZE_BYTES);
        assert_near(full.alloc_objects - before.alloc_objects, N);
        for (int i = 0; i < N; i++)
            free(blocks[i]);
        struct heap_entry after = sum();
        assert_near(full.live_bytes - after.live_bytes, (double)N * SIZE_BYTES);
    }
}

/* Not to be left out by the compiler. */
static void come_and_go(size_t size)
{
    void *volatile block = malloc(size);
    free(block);
}

/* Small blocks are met rarely, and count the more. */
static void counts_small_blocks(void **state)
{
    (void)state;
    enum { SMALL = 16, MANY = 2000000 };
    struct heap_entry before = sum();
    for (int i = 0; i < MANY; i++)
        come_and_go(SMALL);
    /* p = 0.0155: 0.56 %. Five of these. */
    double got = (double)(sum().alloc_bytes - before.alloc_bytes);
    assert_true(got > 0.972 * MANY * SMALL && got < 1.028 * MANY * SMALL);
}

/* Out of sight: what happens to a block that could not be resized is for the
 * compiler not to know. */
static __attribute__((noinline)) bool can_be(size_t size, void *block)
{
    __asm__ volatile("" : "+r"(size));
    return realloc(block, size) != NULL;
}

static void resizes(void **state)
{
    (void)state;
    struct heap_entry before = sum();
    char *text = NULL;
    for (size_t size = 1; size <= 100000; size += 100) {
        text = realloc(text, size);
        assert_non_null(text);
        text[size - 1] = (char)size;
        for (size_t i = 1; i <= size; i += 100)
            assert_int_equal((char)i, text[i - 1]);
    }
    assert_false(can_be(PTRDIFF_MAX, text)); /* it is still there */
    assert_int_equal(1, text[0]);
    assert_near(sum().live_bytes - before.live_bytes, 99901);
    assert_null(realloc(text, 0));
    assert_true(llabs(sum().live_bytes - before.live_bytes) < 2000);
}

static void fails_as_it_should(void **state)
{
    (void)state;
    void *block = &block;
    errno = 0;
    assert_null(malloc(PTRDIFF_MAX));
    assert_int_equal(ENOMEM, errno);
    volatile size_t half = SIZE_MAX / 2;
    errno = 0;
    assert_null(calloc(half, 3));
    assert_int_equal(ENOMEM, errno);
    errno = 0;
    assert_null(reallocarray(NULL, half, 3));
    assert_int_equal(ENOMEM, errno);
    errno = 0;
    assert_int_equal(EINVAL, posix_memalign(&block, 24, 100));
    assert_int_equal(EINVAL, posix_memalign(&block, 4, 100));
    assert_int_equal(ENOMEM, posix_memalign(&block, 64, PTRDIFF_MAX));
    assert_int_equal(0, errno);
    assert_ptr_equal(&block, block);
}

static void keeps_errno(void **state)
{
    (void)state;
    errno = ERANGE;
    for (int i = 0; i < 100; i++)
        come_and_go(100000); /* sampled, each */
    assert_int_equal(ERANGE, errno);
}

static atomic_bool is_over;

static void *allocate_until_over(void *ctx)
{
    (void)ctx;
    while (!atomic_load(&is_over))
        come_and_go(SIZE_BYTES);
    return NULL;
}

/* A fork's child may find any lock of ours held by a thread that is not in it.
 * It must come to its end all the same. */
static void forks(void **state)
{
    (void)state;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            0, pthread_create(&threads[i], NULL, allocate_until_over, NULL));
    void *blocks[100];
    for (int i = 0; i < 100; i++)
        blocks[i] = malloc(SIZE_BYTES);
    for (int round = 0; round < 200; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(10);
            for (int i = 0; i < 100; i++) {
                free(blocks[i]);
                blocks[i] = malloc(SIZE_BYTES);
            }
            _exit(0);
        }
        int status;
        assert_int_equal(child, waitpid(child, &status, 0));
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    heap_set_rate(RATE_BYTES);
    return sampler_init(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_the_family),
        cmocka_unit_test(counts_small_blocks),
        cmocka_unit_test(resizes),
        cmocka_unit_test(fails_as_it_should),
        cmocka_unit_test(keeps_errno),
        cmocka_unit_test(forks),
    };
    if (!LIBC_MALLOC_IS_REPLACEABLE) {
        print_message("skipped: malloc is the sanitizer's\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, start, NULL);
}
