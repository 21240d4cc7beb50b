/* url.c -- tests of client/url.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "client/url.h"

static void assert_part(struct url_part part, const char *text)
{
    assert_int_equal(part.n, strlen(text));
    assert_memory_equal(part.at, text, part.n);
}

static void takes_urls_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *authority, *host, *target;
        int port;
        bool secure;
    } cases[] = {
        {"http://a", "a", "a", "", 80, false},
        {"https://a/b", "a", "a", "/b", 443, true},
        {"HTTPS://[::1]:8443", "[::1]:8443", "::1", "", 8443, true},
        {"http://u:p@a:81/x@y", "a:81", "a", "/x@y", 81, false},
        {"HTTP://a/", "a", "a", "/", 80, false},
        {"http://a:8080/b/c?d=e&f", "a:8080", "a", "/b/c?d=e&f", 8080, false},
        {"http://a?q=/x", "a", "a", "?q=/x", 80, false},
        {"http://a/b#c/d", "a", "a", "/b", 80, false},
        {"http://a#x", "a", "a", "", 80, false},
        {"http://127.0.0.1:65535/", "127.0.0.1:65535", "127.0.0.1", "/", 65535,
         false},
        {"http://[::1]/x", "[::1]", "::1", "/x", 80, false},
        {"http://[::1]:81/x", "[::1]:81", "::1", "/x", 81, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url url;
        struct err err = {""};
        assert_true(
            url_parse(&url, cases[i].text, strlen(cases[i].text), &err));
        assert_part(url.authority, cases[i].authority);
        assert_part(url.host, cases[i].host);
        assert_part(url.target, cases[i].target);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.secure, cases[i].secure);
        assert_part(url.text, cases[i].text);
    }
}

static void finds_user_and_password(void **state)
{
    (void)state;
    struct url url;
    struct err err;
    assert_true(url_parse(&url, "http://a/@", 10, &err));
    assert_null(url.userinfo.at);
    assert_true(url_parse(&url, "http://u:p@q@a/", 15, &err));
    assert_part(url.userinfo, "u:p@q");
    assert_true(url_parse(&url, "http://@a/", 10, &err));
    assert_non_null(url.userinfo.at);
    assert_part(url.userinfo, "");
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "http:/",
        "http://",
        "http:///x",
        "ftp://a/",
        "https:/a/",
        "https://",
        "https://a:0/",
        "httpss://a/",
        "a/b",
        "http://a:/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:99999999999/",
        "http://a:8x/",
        "http://a:-1/",
        "http://:80/",
        "http://[::1",
        "http://[]/",
        "http://[::1]80/",
        "http://u:p@/",
        "http://a/b c",
        "http://a/\r\nX: y",
        "http://a/\xc3\xa4",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url url;
        struct err err = {""};
        assert_false(url_parse(&url, cases[i], strlen(cases[i]), &err));
        assert_non_null(strstr(err.message, "invalid URL"));
    }
}

static void refuses_long_hosts(void **state)
{
    (void)state;
    char text[400] = "http://";
    struct url url;
    struct err err;
    memset(text + 7, 'a', URL_HOST_MAX);
    assert_true(url_parse(&url, text, strlen(text), &err));
    text[7 + URL_HOST_MAX] = 'a';
    assert_false(url_parse(&url, text, strlen(text), &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_urls_apart),
        cmocka_unit_test(finds_user_and_password),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(refuses_long_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
