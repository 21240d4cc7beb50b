/* json.c -- tests of base/json.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void check_string(const char *bytes, size_t len, const char *want)
{
    struct buf out = BUF_INIT;
    json_put_string(&out, bytes, len);
    assert_string_equal(buf_cstr(&out), want);
    buf_fini(&out);
}

static void escapes_strings(void **state)
{
    (void)state;
    check_string("", 0, "\"\"");
    check_string("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    check_string("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
    check_string("\0\x1f\x7f", 3, "\"\\u0000\\u001f\x7f\"");
    check_string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
                 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void finds_what_to_escape_anywhere(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++)
        for (size_t i = 0; i < len; i++)
            for (int c = 0; c < 0x80; c++) {
                char text[21], want[32];
                memset(text, 'x', len);
                text[i] = (char)c;
                bool is_special = c < 0x20 || c == '"' || c == '\\';
                struct buf out = BUF_INIT;
                json_put_string(&out, text, len);
                snprintf(want, sizeof want, "\"%.*s\"", (int)len, text);
                if (is_special)
                    assert_true(out.len > len + 2);
                else
                    assert_string_equal(buf_cstr(&out), want);
                buf_fini(&out);
            }
}

/* Each byte that is part of no sequence becomes U+FFFD. */
static void replaces_what_is_not_utf8(void **state)
{
    (void)state;
    check_string("a\x80z", 3, "\"a\\ufffdz\"");
    check_string("\xc3", 1, "\"\\ufffd\"");
    check_string("\xc0\xaf", 2, "\"\\ufffd\\ufffd\""); /* overlong */
    check_string("\xed\xa0\x80", 3,
                 "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
    check_string("\xf4\x90\x80\x80", 4,
                 "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* above U+10FFFF */
    check_string("\xe2\x82", 2, "\"\\ufffd\\ufffd\"");
}

static void check_integer(int64_t value, const char *want)
{
    struct buf out = BUF_INIT;
    json_put_integer(&out, value);
    assert_string_equal(buf_cstr(&out), want);
    buf_fini(&out);
}

static void writes_integers(void **state)
{
    (void)state;
    check_integer(0, "0");
    check_integer(-1, "-1");
    check_integer(INT64_MAX, "9223372036854775807");
    check_integer(INT64_MIN, "-9223372036854775808");
}

static void numbers_read_back_equal(void **state)
{
    (void)state;
    const double values[] = {0.0,  -0.0, 1.0,    0.1,     1.0 / 3,
                             1e21, 1e-7, 5e-324, 1.7e308, 123456.75};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf out = BUF_INIT;
        assert_true(json_put_number(&out, values[i]));
        assert_true(strtod(buf_cstr(&out), NULL) == values[i]);
        assert_non_null(strpbrk(out.data, ".e"));
        buf_fini(&out);
    }
}

static void check_like_printf(double value)
{
    char want[64];
    int digits = 15, n;
    do
        n = snprintf(want, sizeof want - 2, "%.*g", digits, value);
    while (strtod(want, NULL) != value && ++digits <= 17);
    if (!strpbrk(want, ".e"))
        memcpy(want + n, ".0", 3);
    struct buf out = BUF_INIT;
    assert_true(json_put_number(&out, value));
    assert_string_equal(buf_cstr(&out), want);
    buf_fini(&out);
}

static void numbers_have_the_digits_that_printf_gives(void **state)
{
    (void)state;
    const double sizes[] = {1e-4, 99e-6, 1e9, 999999999.5, 1e15};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_like_printf(sizes[i]);
        check_like_printf(-sizes[i]);
        check_like_printf(nextafter(sizes[i], 0));
        check_like_printf(nextafter(sizes[i], INFINITY));
    }
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        double n = (double)(random >> (20 + random % 40));
        check_like_printf(n / 1e3);
        check_like_printf(n / 1e6);
        check_like_printf(n / 1e8);
        check_like_printf(n / 1024);
    }
}

static void refuses_what_json_lacks(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    assert_false(json_put_number(&out, NAN));
    assert_false(json_put_number(&out, -INFINITY));
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_strings),
        cmocka_unit_test(finds_what_to_escape_anywhere),
        cmocka_unit_test(replaces_what_is_not_utf8),
        cmocka_unit_test(writes_integers),
        cmocka_unit_test(numbers_read_back_equal),
        cmocka_unit_test(numbers_have_the_digits_that_printf_gives),
        cmocka_unit_test(refuses_what_json_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
