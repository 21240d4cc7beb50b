/* percent.c -- tests of base/percent.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/percent.h"

static void check(const char *in, const char *want, size_t n)
{
    char out[64];
    assert_true(strlen(in) <= sizeof out);
    assert_int_equal(percent_decode(out, in, strlen(in)), n);
    assert_memory_equal(out, want, n);
    memcpy(out, in, strlen(in));
    assert_int_equal(percent_decode(out, out, strlen(in)), n);
    assert_memory_equal(out, want, n);
}

static void escapes_are_decoded_once(void **state)
{
    (void)state;
    check("", "", 0);
    check("plain+text", "plain+text", 10);
    check("%41%5a%5A", "AZZ", 3);
    check("a%00b", "a\0b", 3);
    check("%2541", "%41", 3);
}

static void a_percent_sign_may_stand_for_itself(void **state)
{
    (void)state;
    check("100%", "100%", 4);
    check("%4", "%4", 2);
    check("%4g%g4%%41", "%4g%g4%A", 8);
}

static void it_reads_no_further_than_it_may(void **state)
{
    (void)state;
    char out[3];
    assert_int_equal(percent_decode(out, "%41", 2), 2);
    assert_memory_equal(out, "%4", 2);
}

static void each_byte_comes_back(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        struct buf text = BUF_INIT;
        char out[3];
        percent_put(&text, (unsigned char)byte);
        assert_int_equal(text.len, 3);
        assert_int_equal(percent_decode(out, text.data, text.len), 1);
        assert_int_equal((unsigned char)out[0], byte);
        buf_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded_once),
        cmocka_unit_test(a_percent_sign_may_stand_for_itself),
        cmocka_unit_test(it_reads_no_further_than_it_may),
        cmocka_unit_test(each_byte_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
