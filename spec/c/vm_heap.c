/* vm_heap.c -- tests of hooks/vm_heap.c: blocks of all sizes, and strings that
 * outlive their state. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/libc_malloc.h"
#include "base/vm_malloc.h"
#include "sample/session/sampler.h"
#include "sample/tables/heap.h"
#include "sample/walk/attach.h"
#include "sample/hooks/vm_heap.h"

enum { N_BLOCKS = 400, N_ROUNDS = 20, N_STRINGS = 64 };
static const size_t LONG = (size_t)1 << 20;
static const int64_t ALL_LONG = (int64_t)N_STRINGS << 20;

static size_t any_size(unsigned *seed)
{
    static const size_t most[] = {64, 400, 20000, 200000};
    return 1 + (size_t)rand_r(seed) % most[rand_r(seed) % 4];
}

static void check(const unsigned char *block, size_t size, int value)
{
    assert_int_equal((uintptr_t)block % 8, 0);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(block[i], value);
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Whether they are small, large or sampled, and become another kind. */
static void blocks_keep_their_bytes(void **state)
{
    (void)state;
    unsigned char *blocks[N_BLOCKS] = {NULL};
    size_t sizes[N_BLOCKS] = {0};
    unsigned seed = 1;
    struct vm_heap *heap = vm_heap_new();
    for (int round = 0; round < N_ROUNDS; round++) {
        for (int i = 0; i < N_BLOCKS; i++) {
            size_t size = any_size(&seed);
            unsigned char *block =
                vm_heap_realloc(heap, blocks[i], sizes[i], size);
            assert_non_null(block);
            check(block, least(size, sizes[i]), i % 251);
            memset(block, i % 251, size);
            blocks[i] = block;
            sizes[i] = size;
        }
    }
    for (int i = 0; i < N_BLOCKS; i++) {
        check(blocks[i], sizes[i], i % 251);
        vm_heap_realloc(heap, blocks[i], sizes[i], 0);
    }
    assert_int_equal(atomic_load(&heap->used_bytes), 0);
    vm_heap_free(heap);
}

static lua_State *new_state(void)
{
    lua_State *L = lua_newstate(vm_heap_realloc, vm_heap_new());
    assert_non_null(L);
    return L;
}

/* A string of the state of `len` times the letter. */
static const char *push_letters(lua_State *L, char letter, size_t len)
{
    luaL_Buffer buffer;
    char *at = luaL_buffinitsize(L, &buffer, len);
    memset(at, letter, len);
    luaL_pushresultsize(&buffer, len);
    return lua_tostring(L, -1);
}

/* The resident memory of the process, once free memory is given back. */
static int64_t resident_bytes(void)
{
    long n_pages;
    vm_malloc_trim();
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &n_pages), 1);
    fclose(file);
    return (int64_t)n_pages * sysconf(_SC_PAGESIZE);
}

static void a_shared_string_outlives_its_state(void **state)
{
    (void)state;
    int64_t before = resident_bytes();
    const char *texts[N_STRINGS];
    lua_State *L = new_state();
    for (int i = 0; i < N_STRINGS; i++) {
        texts[i] = push_letters(L, (char)('A' + i % 26), LONG);
        assert_true(vm_heap_share(texts[i], LONG));
        assert_true(vm_heap_share(texts[i], LONG));
        lua_pop(L, 1);
    }
    lua_gc(L, LUA_GCCOLLECT);
    lua_close(L);
    for (int i = 0; i < N_STRINGS; i++) {
        vm_heap_unshare(texts[i]);
        check((const unsigned char *)texts[i], LONG, 'A' + i % 26);
        assert_int_equal(texts[i][LONG], 0);
    }
    assert_true(resident_bytes() - before >= ALL_LONG * 9 / 10);
    for (int i = 0; i < N_STRINGS; i++)
        vm_heap_unshare(texts[i]);
    if (LIBC_MALLOC_IS_REPLACEABLE) /* a sanitizer finds what is not freed */
        assert_true(resident_bytes() - before < ALL_LONG / 10);
}

static void lua_may_keep_it_longer(void **state)
{
    (void)state;
    lua_State *L = new_state();
    const char *text = push_letters(L, 'x', LONG);
    assert_true(vm_heap_share(text, LONG));
    vm_heap_unshare(text);
    check((const unsigned char *)lua_tostring(L, -1), LONG, 'x');
    lua_close(L);
}

static void short_strings_are_not_shared(void **state)
{
    (void)state;
    lua_State *L = new_state();
    assert_false(vm_heap_share(push_letters(L, 'x', 10), 10));
    assert_false(vm_heap_share(push_letters(L, 'x', 1000), 1000));
    size_t len = VM_HEAP_LARGE_BYTES;
    const char *text = push_letters(L, 'x', len);
    assert_true(vm_heap_share(text, len));
    lua_close(L);
    check((const unsigned char *)text, len, 'x');
    vm_heap_unshare(text);
}

static void *close_state(void *L)
{
    lua_close(L);
    return NULL;
}

/* As at a reload: the state is closed on another thread meanwhile. */
static void users_may_end_at_the_same_time(void **state)
{
    (void)state;
    int64_t before = resident_bytes();
    for (int round = 0; round < 50; round++) {
        const char *texts[N_STRINGS];
        lua_State *L = new_state();
        luaL_checkstack(L, N_STRINGS, NULL);
        for (int i = 0; i < N_STRINGS; i++) {
            texts[i] = push_letters(L, 'x', VM_HEAP_LARGE_BYTES);
            assert_true(vm_heap_share(texts[i], VM_HEAP_LARGE_BYTES));
        }
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, close_state, L), 0);
        for (int i = N_STRINGS - 1; i >= 0; i--) {
            assert_int_equal(texts[i][VM_HEAP_LARGE_BYTES - 1], 'x');
            vm_heap_unshare(texts[i]);
        }
        pthread_join(thread, NULL);
    }
    if (LIBC_MALLOC_IS_REPLACEABLE) /* 50 MiB in all */
        assert_true(resident_bytes() - before < ALL_LONG / 10);
}

/* All of them are sampled, or few. */
static int sample(size_t mean_bytes)
{
    heap_set_rate(mean_bytes);
    return 0;
}

static int sample_often(void **state)
{
    (void)state;
    return sample(64);
}

static int sample_seldom(void **state)
{
    (void)state;
    return sample(HEAP_RATE_DEFAULT);
}

int main(void)
{
    struct err err;
    if (!sampler_init(&err) || !attach_thread(NULL, &err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(blocks_keep_their_bytes, sample_seldom),
        cmocka_unit_test_setup(a_shared_string_outlives_its_state,
                               sample_seldom),
        cmocka_unit_test_setup(lua_may_keep_it_longer, sample_seldom),
        cmocka_unit_test_setup(short_strings_are_not_shared, sample_seldom),
        cmocka_unit_test_setup(users_may_end_at_the_same_time, sample_seldom),
        cmocka_unit_test_setup(blocks_keep_their_bytes, sample_often),
        cmocka_unit_test_setup(a_shared_string_outlives_its_state,
                               sample_often),
        cmocka_unit_test_setup(users_may_end_at_the_same_time, sample_often),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    detach_thread();
    return failed;
}
