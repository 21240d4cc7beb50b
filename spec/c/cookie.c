/* cookie.c -- tests of client/cookie.c and client/cookie_jar.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "client/cookie_jar.h"
#include "client/transfer.h"

static void assert_part(struct url_part part, const char *text)
{
    assert_int_equal(part.n, strlen(text));
    if (part.n > 0)
        assert_memory_equal(part.at, text, part.n);
}

static void takes_headers_apart(void **state)
{
    (void)state;
    struct cookie cookie;
    assert_true(cookie_parse(&cookie, "a=b"));
    assert_part(cookie.name, "a");
    assert_part(cookie.value, "b");
    assert_false(cookie.secure || cookie.http_only || cookie.has_expires ||
                 cookie.has_max_age || cookie.domain.n || cookie.path.n);

    assert_true(cookie_parse(
        &cookie, " SID = \"x=y\" ;Path=/p/q; DOMAIN=.Example.org;secure ; "
                 "HttpOnly=yes;Max-Age=-5; SameSite=Lax; nonsense;;"
                 "expires=Wed, 09 Jun 2021 10:18:14 GMT"));
    assert_part(cookie.name, "SID");
    assert_part(cookie.value, "\"x=y\"");
    assert_part(cookie.path, "/p/q");
    assert_part(cookie.domain, "Example.org");
    assert_true(cookie.secure && cookie.http_only);
    assert_true(cookie.has_max_age);
    assert_int_equal(cookie.max_age_s, -5);
    assert_true(cookie.has_expires);
    assert_int_equal(cookie.expires_s, 1623233894);

    /* The last one counts; what is wrong does not. */
    assert_true(cookie_parse(&cookie, "a=; path=/x; path=y; max-age=12x;"
                                      "expires=never; domain="));
    assert_part(cookie.value, "");
    assert_part(cookie.path, "");
    assert_false(cookie.has_max_age || cookie.has_expires || cookie.domain.n);
    assert_true(cookie_parse(&cookie, "a=b; max-age=99999999999999999999999"));
    assert_true(cookie.max_age_s > INT64_C(1) << 40);

    static const char *const none[] = {"",      "a",       "=b",   ";a=b",
                                       "a b=c", "a=b\001", "a,b=c"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(cookie_parse(&cookie, none[i]));
}

static void reads_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: it is none */
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Thu, 01-Jan-1970 00:00:00 GMT", 0},
        {"1 january 70 0:0:0", 0},
        {"1 Jan 69 0:0:0", 3124224000},
        {"06 Nov 1994 24:49:37", -1},
        {"06 Nov 1994 08:60:37", -1},
        {"32 Nov 1994 08:49:37", -1},
        {"06 Nov 1600 08:49:37", -1},
        {"06 Nov 08:49:37", -1},
        {"06 1994 08:49:37", -1},
        {"06 Nov 1994", -1},
        {"06 Nov 1994 08:49", -1},
        {"", -1},
        {"006 Nov 1994 08:49:37 1", 784111777 - 5 * 86400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = -1;
        const char *text = cases[i].text;
        bool is_date = cookie_parse_date(text, strlen(text), &seconds);
        if (is_date != (cases[i].seconds != -1) || seconds != cases[i].seconds)
            print_error("'%s': %lld\n", text, (long long)seconds);
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static struct url parsed(const char *text)
{
    struct url url;
    struct err err;
    assert_true(url_parse(&url, text, strlen(text), &err));
    return url;
}

static void set(struct cookie_jar *jar, const char *url, const char *header)
{
    struct cookie cookie;
    struct url from = parsed(url);
    assert_true(cookie_parse(&cookie, header));
    cookie_jar_set(jar, &from, &cookie);
}

/* "a=1; b=2": what goes to the URL. */
static void assert_sent(const struct cookie_jar *jar, const char *url,
                        const char *expected)
{
    char sent[400] = "";
    const struct jar_cookie *cookie;
    struct url to = parsed(url);
    for (uint32_t at = 0; (cookie = cookie_jar_next(jar, &to, &at));)
        snprintf(sent + strlen(sent), sizeof sent - strlen(sent), "%s%s=%s",
                 *sent ? "; " : "", cookie->name, cookie->value);
    assert_string_equal(sent, expected);
}

static void hosts_and_domains(void **state)
{
    (void)state;
    struct cookie_jar jar = {0};
    set(&jar, "http://www.a.org/", "own=1");
    set(&jar, "http://www.a.org/", "all=2; domain=.A.org");
    set(&jar, "http://www.a.org/", "foreign=3; domain=b.org");
    set(&jar, "http://www.a.org/", "below=3; domain=x.www.a.org");
    set(&jar, "http://www.a.org/", "suffix=3; domain=org");
    set(&jar, "http://www.a.org/", "dots=3; domain=..a.org");
    set(&jar, "http://www.a.org/", "end=3; domain=a.org.");
    set(&jar, "http://www.a.org/", "part=3; domain=w.a.org");
    set(&jar, "http://www.a.org/", "tail=3; domain=w.a.org");
    assert_sent(&jar, "http://WWW.A.org/", "own=1; all=2");
    assert_sent(&jar, "http://a.org/", "all=2");
    assert_sent(&jar, "http://x.www.a.org/", "all=2");
    assert_sent(&jar, "http://ba.org/", "");
    assert_sent(&jar, "http://b.org/", "");
    cookie_jar_clear(&jar);

    set(&jar, "http://127.0.0.1/", "a=1");
    set(&jar, "http://127.0.0.1/", "b=2; domain=127.0.0.1");
    set(&jar, "http://127.0.0.1/", "c=3; domain=0.0.1");
    set(&jar, "http://[::1]/", "d=4");
    set(&jar, "http://localhost:81/", "e=5; domain=localhost");
    assert_sent(&jar, "http://127.0.0.1:82/", "a=1; b=2");
    assert_sent(&jar, "http://7.127.0.0.1/", "");
    assert_sent(&jar, "http://[::1]/", "d=4");
    assert_sent(&jar, "http://localhost/", "e=5");
    assert_sent(&jar, "http://x.localhost/", "");
    cookie_jar_fini(&jar);
}

static void paths_and_order(void **state)
{
    (void)state;
    struct cookie_jar jar = {0};
    set(&jar, "http://a/x/y/z", "default=1");
    set(&jar, "http://a/x/y/z", "root=2; path=/");
    set(&jar, "http://a?q=/p/", "query=3");
    set(&jar, "http://a/x/y/z", "slash=4; path=/x/");
    set(&jar, "http://a/x", "top=5");
    set(&jar, "http://a/x", "wrong=6; path=x");
    assert_sent(&jar, "http://a/x/y",
                "default=1; slash=4; root=2; query=3; "
                "top=5; wrong=6");
    assert_sent(&jar, "http://a/x/y/z?p",
                "default=1; slash=4; root=2; query=3; top=5; wrong=6");
    assert_sent(&jar, "http://a/x/yy",
                "slash=4; root=2; query=3; top=5; wrong=6");
    assert_sent(&jar, "http://a/x", "root=2; query=3; top=5; wrong=6");
    assert_sent(&jar, "http://a", "root=2; query=3; top=5; wrong=6");
    /* One that is replaced keeps its place. */
    set(&jar, "http://a/", "root=7");
    set(&jar, "http://a/", "root=8; path=/q");
    assert_sent(&jar, "http://a/q", "root=8; root=7; query=3; top=5; wrong=6");
    cookie_jar_fini(&jar);
}

static void ends_and_security(void **state)
{
    (void)state;
    struct cookie_jar jar = {0};
    set(&jar, "http://a/", "a=1; max-age=1000");
    set(&jar, "http://a/", "b=1; expires=Sun, 06 Nov 1994 08:49:37 GMT");
    set(&jar, "http://a/", "c=1; max-age=0");
    set(&jar, "http://a/", "d=1; max-age=9; expires=Sun Nov 6 08:49:37 1994");
    set(&jar, "http://a/", "e=1; max-age=-1; expires=Fri, 01 Jan 2100 0:0:0");
    set(&jar, "http://a/", "f=1; expires=Fri, 01 Jan 2100 00:00:00 GMT");
    set(&jar, "http://a/", "g=1; secure; httponly");
    assert_sent(&jar, "http://a/", "a=1; d=1; f=1");
    assert_sent(&jar, "https://a/", "a=1; d=1; f=1; g=1");
    set(&jar, "http://a/", "a=; max-age=0");
    set(&jar, "http://a/", "f=; expires=Sun, 06 Nov 1994 08:49:37 GMT");
    assert_sent(&jar, "http://a/", "d=1");

    struct url url = parsed("http://a/");
    set(&jar, "http://b/", "d=2");
    set(&jar, "http://a/", "h=1");
    cookie_jar_drop(&jar, &url, "d");
    assert_sent(&jar, "http://a/", "h=1");
    cookie_jar_drop(&jar, &url, NULL);
    assert_sent(&jar, "http://a/", "");
    assert_sent(&jar, "http://b/", "d=2");
    cookie_jar_fini(&jar);
}

static void jars_are_bounded(void **state)
{
    (void)state;
    struct cookie_jar jar = {0};
    struct url url = parsed("http://a/");
    char header[COOKIE_SIZE_MAX + 10];
    for (int i = 0; i < COOKIE_JAR_MAX + 10; i++) {
        snprintf(header, sizeof header, "c%d=x", i);
        set(&jar, "http://a/", header);
    }
    assert_int_equal(jar.n, COOKIE_JAR_MAX);
    uint32_t at = 0;
    assert_string_equal(cookie_jar_next(&jar, &url, &at)->name, "c10");

    memset(header, 'x', sizeof header);
    memcpy(header, "large=", 6);
    header[COOKIE_SIZE_MAX + 1] = '\0'; /* name and value: the limit */
    set(&jar, "http://b/", header);
    header[COOKIE_SIZE_MAX + 1] = 'x';
    header[COOKIE_SIZE_MAX + 2] = '\0';
    set(&jar, "http://c/", header);
    struct url b = parsed("http://b/"), c = parsed("http://c/");
    assert_non_null(cookie_jar_next(&jar, &b, &(uint32_t){0}));
    assert_null(cookie_jar_next(&jar, &c, &(uint32_t){0}));
    cookie_jar_fini(&jar);
}

static void replies_are_taken(void **state)
{
    (void)state;
    static const char headers[] = "Server\0x\0set-cookie\0a=1\0X\0\0"
                                  "Set-Cookie\0nonsense\0SET-COOKIE\0b=2";
    struct cookie_jar jar = {0};
    struct transfer transfer;
    transfer_init(&transfer);
    transfer.url = parsed("http://a/");
    cookie_jar_take(&jar, &transfer);
    assert_int_equal(jar.n, 0);
    buf_append(&transfer.headers, headers, sizeof headers);
    cookie_jar_take(&jar, &transfer);
    assert_sent(&jar, "http://a/", "a=1; b=2");
    transfer_fini(&transfer);
    cookie_jar_fini(&jar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_headers_apart),
        cmocka_unit_test(reads_dates),
        cmocka_unit_test(hosts_and_domains),
        cmocka_unit_test(paths_and_order),
        cmocka_unit_test(ends_and_security),
        cmocka_unit_test(jars_are_bounded),
        cmocka_unit_test(replies_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
