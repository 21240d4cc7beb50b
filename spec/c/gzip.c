/* gzip.c -- tests of base/gzip.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <zlib.h>

#include "base/gzip.h"

enum { N = 300 * 1024 }; /* several of the blocks that gzip.c works in */

/* Text that is neither all alike nor incompressible. */
static void fill(char *text)
{
    uint32_t x = 1;
    for (size_t i = 0; i < N; i++) {
        x = x * 1664525 + 1013904223;
        text[i] = (char)('a' + (x >> 28));
    }
}

static char text[N];

static int set_up(void **state)
{
    (void)state;
    fill(text);
    return 0;
}

static void gives_back_what_it_got(void **state)
{
    static const size_t SIZES[] = {0, 1, 65535, 65536, 65537, N};
    (void)state;
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (int level = 0; level <= 9; level += 3) {
            struct buf zipped = BUF_INIT, out = BUF_INIT;
            struct err err = {0};
            assert_true(gzip_compress(text, SIZES[i], level, &zipped, &err));
            assert_true(gzip_is(zipped.data, zipped.len));
            assert_true(
                gzip_decompress(zipped.data, zipped.len, SIZES[i], &out, &err));
            assert_int_equal(out.len, SIZES[i]);
            assert_memory_equal(out.data, text, SIZES[i]);
            buf_fini(&zipped);
            buf_fini(&out);
        }
    }
}

static void takes_deflate_with_and_without_header(void **state)
{
    (void)state;
    for (int bits = -15; bits <= 15; bits += 30) {
        static unsigned char zipped[2 * N];
        z_stream z = {0};
        struct buf out = BUF_INIT;
        struct err err = {0};
        deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
        z.next_in = (unsigned char *)text;
        z.avail_in = N;
        z.next_out = zipped;
        z.avail_out = sizeof zipped;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        assert_true(gzip_inflate(zipped, z.total_out, N, &out, &err));
        assert_int_equal(out.len, N);
        assert_memory_equal(out.data, text, N);
        assert_false(gzip_inflate(zipped, z.total_out, N - 1, &out, &err));
        assert_false(gzip_inflate(zipped, z.total_out - 5, N, &out, &err));
        deflateEnd(&z);
        buf_fini(&out);
    }
}

/* No time, no name, no system: bytes 3 to 8 of the header (RFC 1952). */
static void gives_the_same_bytes(void **state)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct err err = {0};
    (void)state;
    assert_true(gzip_compress(text, N, 6, &a, &err));
    assert_true(gzip_compress(text, N, 6, &b, &err));
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    assert_memory_equal(a.data + 3, "\0\0\0\0\0", 5);
    buf_fini(&a);
    buf_fini(&b);
}

static void reads_all_members(void **state)
{
    struct buf zipped = BUF_INIT, out = BUF_INIT;
    struct err err = {0};
    (void)state;
    assert_true(gzip_compress("one ", 4, 6, &zipped, &err));
    assert_true(gzip_compress("two", 3, 6, &zipped, &err));
    assert_true(gzip_decompress(zipped.data, zipped.len, 7, &out, &err));
    assert_string_equal(buf_cstr(&out), "one two");
    buf_fini(&zipped);
    buf_fini(&out);
}

static void keeps_the_limit(void **state)
{
    struct buf zipped = BUF_INIT, out = BUF_INIT;
    struct err err = {0};
    (void)state;
    assert_true(gzip_compress(text, N, 9, &zipped, &err));
    assert_false(gzip_decompress(zipped.data, zipped.len, N - 1, &out, &err));
    assert_string_equal(err.message, "gzip: holds more than 307199 bytes");
    assert_true(out.len < 2 * N);
    buf_fini(&zipped);
    buf_fini(&out);
}

static void refuses_what_is_cut(void **state)
{
    struct buf zipped = BUF_INIT;
    (void)state;
    struct err err = {0};
    assert_true(gzip_compress(text, 2000, 6, &zipped, &err));
    for (size_t n = 0; n < zipped.len; n++) {
        struct buf out = BUF_INIT;
        err.message[0] = '\0';
        assert_false(gzip_decompress(zipped.data, n, N, &out, &err));
        assert_string_equal(err.message, "gzip: the data is cut short");
        buf_fini(&out);
    }
    buf_fini(&zipped);
}

/* A bit of the data or of the checksum. */
static void refuses_what_is_damaged(void **state)
{
    struct buf zipped = BUF_INIT;
    struct err err = {0};
    (void)state;
    assert_true(gzip_compress(text, 2000, 6, &zipped, &err));
    for (size_t i = 10; i < zipped.len; i++) {
        struct buf out = BUF_INIT;
        zipped.data[i] ^= 1;
        assert_false(gzip_decompress(zipped.data, zipped.len, N, &out, &err));
        zipped.data[i] ^= 1;
        buf_fini(&out);
    }
    buf_fini(&zipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_it_got),
        cmocka_unit_test(takes_deflate_with_and_without_header),
        cmocka_unit_test(gives_the_same_bytes),
        cmocka_unit_test(reads_all_members),
        cmocka_unit_test(keeps_the_limit),
        cmocka_unit_test(refuses_what_is_cut),
        cmocka_unit_test(refuses_what_is_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
