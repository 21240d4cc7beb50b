/* peek.c -- tests of http/peek.c: whom a connection's first bytes call. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "http/peek.h"

static void check(const char *bytes, enum peek_result want)
{
    if (peek_route(bytes, strlen(bytes)) != want)
        fail_msg("'%s' is not %d", bytes, (int)want);
}

static void tells_admin_from_worker(void **state)
{
    (void)state;
    check("GET /debug/pprof/ HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET /debug/pprof/profile?seconds=5 H", PEEK_ADMIN);
    check("POST /debug/pprof/symbol HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET /debug HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET /healthz HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET /healthz?x=1 ", PEEK_ADMIN);
    check("\r\nGET /metrics HTTP/1.0\r\n", PEEK_ADMIN);
    check("GET /healthzz HTTP/1.1\r\n", PEEK_WORKER);
    check("GET /debugger HTTP/1.1\r\n", PEEK_WORKER);
    check("GET /a?/debug/ HTTP/1.1\r\n", PEEK_WORKER);
    check("GET / HTTP/1.1\r\n", PEEK_WORKER);
    check("GET\r\n", PEEK_WORKER);
    check("GET /healthz\r\n", PEEK_ADMIN);
    check("GET http://host:80/healthz HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET HTTPS://host/debug/pprof/?x=1 HTTP/1.1\r\n", PEEK_ADMIN);
    check("GET http://host HTTP/1.1\r\n", PEEK_WORKER);
    check("GET http://healthz/ HTTP/1.1\r\n", PEEK_WORKER);
    check("GET http://host/a/healthz HTTP/1.1\r\n", PEEK_WORKER);
    check("\x16\x03\x01\x02", PEEK_TLS);
}

/* However the bytes of a request are cut, the answer is the same, or that more
 * is needed. */
static void waits_for_the_target(void **state)
{
    (void)state;
    const char *request = "GET /debug/pprof/profile?seconds=1 HTTP/1.1\r\n";
    size_t target_end = strcspn(request, "?");
    for (size_t n = 0; n < strlen(request); n++)
        assert_int_equal(peek_route(request, n),
                         n > target_end ? PEEK_ADMIN : PEEK_MORE);
}

static void gives_up_on_long_targets(void **state)
{
    (void)state;
    char bytes[PEEK_BYTES];
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(peek_route(bytes, sizeof bytes - 1), PEEK_MORE);
    assert_int_equal(peek_route(bytes, sizeof bytes), PEEK_WORKER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_admin_from_worker),
        cmocka_unit_test(waits_for_the_target),
        cmocka_unit_test(gives_up_on_long_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
