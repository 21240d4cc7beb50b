/* format.c -- tests of measure/format.c: the short forms of the live view. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "measure/format.h"

static void test_brief_times(void **unused)
{
    (void)unused;
    static const struct {
        double ms;
        const char *text;
    } cases[] = {
        {0, "0"},           {1e-7, "0"},       {0.000999, "999ns"},
        {0.0123, "12.3µs"}, {0.1519, "152µs"}, {0.99949, "999µs"},
        {0.9996, "1.00ms"}, {1.234, "1.23ms"}, {9.996, "10.0ms"},
        {99.96, "100ms"},   {999.4, "999ms"},  {999.6, "1.00s"},
        {99940, "99.9s"},   {100000, "1m40s"}, {-1.5, "-1.50ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        format_time_brief(text, sizeof text, cases[i].ms);
        assert_string_equal(text, cases[i].text);
    }
    for (double ms = 1e-6; ms < 3.5e6; ms *= 1.001) {
        char text[32];
        assert_true(format_width(format_time_brief(text, sizeof text, ms)) <=
                    6);
    }
}

static void test_counts(void **unused)
{
    (void)unused;
    char text[32];
    assert_string_equal(format_count(text, sizeof text, 0), "0");
    assert_string_equal(format_count(text, sizeof text, 999), "999");
    assert_string_equal(format_count(text, sizeof text, 1000), "1,000");
    assert_string_equal(format_count(text, sizeof text, 1234567), "1,234,567");
    assert_string_equal(format_count(text, sizeof text, -123), "-123");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brief_times),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
