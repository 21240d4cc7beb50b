/* duration.c -- tests of base/duration.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/duration.h"

static void parses_what_k6_takes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"10s", 10000000000},
        {"1m30s", 90000000000},
        {"500ms", 500000000},
        {"1h2m3s4ms", 3723004000000},
        {"1.5s", 1500000000},
        {".5m", 30000000000},
        {"10us", 10000},
        {"10µs", 10000},
        {"7ns", 7},
        {"0s", 0},
        {"2400h", 8640000000000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = -1;
        assert_true(duration_parse(cases[i].text, &ns));
        assert_int_equal(ns, cases[i].ns);
    }
}

static void refuses_the_rest(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",      "10",   "s",    "10 s",  "-1s",    "+1s",
        "1d",    "1s2",  "1ss",  "1..5s", "1.2.3s", ".s",
        "0x10s", "1e3s", "infs", "s10",   "2401h",  "999999999999999999999999h",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = -1;
        assert_false(duration_parse(cases[i], &ns));
        assert_int_equal(ns, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_k6_takes),
        cmocka_unit_test(refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
