/* vm_malloc.c -- tests of base/vm_malloc.c: mimalloc serves Lua's blocks and
 * nobody else's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/libc_malloc.h"
#include "base/vm_malloc.h"
#include "sample/platform/symbolize.h"

/* Returns true if the function at this address is in an object with this text
 * in its path. */
static bool is_in(void *function, const char *object)
{
    Dl_info info;
    assert_int_not_equal(dladdr(function, &info), 0);
    return strstr(info.dli_fname, object) != NULL;
}

static void blocks_come_from_mimalloc(void **state)
{
    (void)state;
    assert_true(is_in((void *)vm_malloc.take, "libmimalloc"));
    assert_true(is_in((void *)vm_malloc.resize, "libmimalloc"));
    assert_true(is_in((void *)vm_malloc.give, "libmimalloc"));
}

/* What libmimalloc.so exports besides its own functions: if one were found
 * there, a library would get memory that no heap profile sees, or would give
 * memory of one allocator to the other. */
static void others_do_not_find_it(void **state)
{
    (void)state;
    static const char *const names[] = {
        "malloc",
        "calloc",
        "realloc",
        "reallocarray",
        "free",
        "memalign",
        "aligned_alloc",
        "posix_memalign",
        "valloc",
        "pvalloc",
        "cfree",
        "malloc_usable_size",
        "__libc_malloc",
        "__libc_calloc",
        "__libc_free",
        "__libc_realloc",
        "__libc_memalign",
        "_Znwm",
        "_Znam",
        "_ZdlPv",
        "_ZdaPv",
        "_ZdlPvm",
        "mi_malloc",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *function = dlsym(RTLD_DEFAULT, names[i]);
        if (function && is_in(function, "libmimalloc"))
            fail_msg("%s is found in libmimalloc", names[i]);
    }
    assert_true(is_in(dlsym(RTLD_DEFAULT, "malloc"), "test_vm_malloc"));
    assert_true(is_in(dlsym(RTLD_DEFAULT, "__libc_malloc"), "libc.so"));
}

/* vm_heap.c tells by the address whether a block has a header. */
static void blocks_of_16_bytes_are_aligned_to_16(void **state)
{
    (void)state;
    static void *blocks[40000];
    for (size_t size = 16; size < 40000; size += size < 2000 ? 1 : 97) {
        blocks[size] = vm_malloc.take(size);
        assert_non_null(blocks[size]);
        assert_int_equal((uintptr_t)blocks[size] % 16, 0);
        memset(blocks[size], 1, size);
    }
    for (size_t size = 16; size < 40000; size++) {
        if (!blocks[size])
            continue;
        char *block = vm_malloc.resize(blocks[size], size + 100);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 16, 0);
        assert_int_equal(block[size - 1], 1);
        vm_malloc.give(block);
    }
}

static void profiles_name_it(void **state)
{
    (void)state;
    char name[64];
    struct symbolizer *symbolizer = symbolizer_new();
    assert_non_null(symbolizer);
    assert_true(symbolize_name(symbolizer, (uintptr_t)vm_malloc.take, name,
                               sizeof name));
    assert_string_equal(name, "mi_malloc");
    assert_true(symbolize_name(symbolizer, (uintptr_t)vm_malloc.give, name,
                               sizeof name));
    assert_string_equal(name, "mi_free");
    symbolizer_free(symbolizer);
}

int main(void)
{
    vm_malloc_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_from_mimalloc),
        cmocka_unit_test(others_do_not_find_it),
        cmocka_unit_test(blocks_of_16_bytes_are_aligned_to_16),
        cmocka_unit_test(profiles_name_it),
    };
    if (!LIBC_MALLOC_IS_REPLACEABLE)
        return 0; /* a sanitizer's malloc serves all blocks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
