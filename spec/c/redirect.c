/* redirect.c -- tests of client/redirect.c: the request that comes out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "client/redirect.h"
#include "client/request.h"
#include "client/transfer.h"

/* A request with these header lines, and the reply to it. */
static void set_up(struct transfer *transfer, const char *method,
                   const char *url, const char *headers, const char *body,
                   int status)
{
    struct err err;
    transfer_init(transfer);
    assert_true(url_parse(&transfer->url, url, strlen(url), &err));
    transfer->method = method;
    transfer->head_only = strcmp(method, "HEAD") == 0;
    request_begin(&transfer->request, method, &transfer->url);
    request_host(&transfer->request, &transfer->url);
    buf_puts(&transfer->request, headers);
    request_end(&transfer->request, body, body ? strlen(body) : 0);
    transfer->status = status;
}

/* What becomes of it on the way to `to`. */
static void assert_next(struct transfer *transfer, struct redirect redirect,
                        const char *to, const char *expected)
{
    struct buf out = BUF_INIT;
    struct url url;
    struct err err;
    struct url_part body;
    assert_true(url_parse(&url, to, strlen(to), &err));
    redirect.to = &url;
    redirect_begin(&out, transfer, &redirect, &body);
    request_end(&out, body.at, body.n);
    assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
    transfer_fini(transfer);
}

static const struct redirect plain = {.keep_authorization = true};

static void methods_and_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *method, *body, *next, *next_body;
        int status;
    } cases[] = {
        {"POST", "x", "GET", NULL, 301},    {"POST", "x", "GET", NULL, 302},
        {"PUT", "x", "GET", NULL, 303},     {"HEAD", NULL, "HEAD", NULL, 302},
        {"DELETE", NULL, "GET", NULL, 303}, {"POST", "x", "POST", "x", 307},
        {"PUT", "", "PUT", "", 308},        {"POST", NULL, "POST", NULL, 308},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer transfer;
        char expected[300];
        const char *body = cases[i].next_body;
        set_up(&transfer, cases[i].method, "http://a/b", "X-A: 1\r\n",
               cases[i].body, cases[i].status);
        snprintf(expected, sizeof expected,
                 "%s /c HTTP/1.1\r\nHost: d\r\nX-A: 1\r\n"
                 "Referer: http://a/b\r\n%s%s%s\r\n%s",
                 cases[i].next, body ? "Content-Length: " : "",
                 body ? (*body ? "1" : "0") : "", body ? "\r\n" : "",
                 body ? body : "");
        assert_next(&transfer, plain, "http://d/c", expected);
        assert_string_equal(transfer.method, cases[i].next);
    }
}

static void referers(void **state)
{
    (void)state;
    struct transfer transfer;
    set_up(&transfer, "GET", "https://u:p@a?q#f", "", NULL, 302);
    assert_next(&transfer, plain, "https://d/c",
                "GET /c HTTP/1.1\r\nHost: d\r\nReferer: https://a?q\r\n\r\n");
    set_up(&transfer, "GET", "https://a/", "", NULL, 302);
    assert_next(&transfer, plain, "http://d/c",
                "GET /c HTTP/1.1\r\nHost: d\r\n\r\n");
    set_up(&transfer, "GET", "http://a/", "Referer: http://old/\r\n", NULL,
           302);
    assert_next(&transfer, plain, "http://d",
                "GET / HTTP/1.1\r\nHost: d\r\nReferer: http://a/\r\n\r\n");
    set_up(&transfer, "GET", "http://a/", "REFERER: http://old/\r\n", NULL,
           302);
    struct redirect keep = {.keep_referer = true};
    assert_next(&transfer, keep, "http://d",
                "GET / HTTP/1.1\r\nHost: d\r\nREFERER: http://old/\r\n\r\n");
}

static const char secrets[] = "Authorization: x\r\nCookie: a=b\r\n"
                              "cookie2: y\r\nProxy-Authorization: z\r\n"
                              "X-Empty: \r\n";

static void secrets_stay_at_home(void **state)
{
    (void)state;
    struct transfer transfer;
    struct redirect redirect = {.keep_authorization = true,
                                .keep_referer = true};
    set_up(&transfer, "GET", "http://a/", secrets, NULL, 302);
    assert_next(&transfer, redirect, "http://a/b",
                "GET /b HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n"
                "cookie2: y\r\nProxy-Authorization: z\r\nX-Empty: \r\n\r\n");
    redirect.keep_authorization = false;
    set_up(&transfer, "GET", "http://a/", secrets, NULL, 302);
    assert_next(&transfer, redirect, "http://a/b",
                "GET /b HTTP/1.1\r\nHost: a\r\ncookie2: y\r\n"
                "Proxy-Authorization: z\r\nX-Empty: \r\n\r\n");
    redirect.keep_authorization = redirect.foreign = true;
    set_up(&transfer, "GET", "http://a/", secrets, NULL, 302);
    assert_next(&transfer, redirect, "http://d/b",
                "GET /b HTTP/1.1\r\nHost: d\r\nX-Empty: \r\n\r\n");
}

static void locations(void **state)
{
    (void)state;
    static const char with[] = "location\0/x", without[] = "Locale\0/x",
                      empty[] = "Location\0";
    struct transfer transfer;
    for (int status = 200; status < 600; status++) {
        bool expected = status == 301 || status == 302 || status == 303 ||
                        status == 307 || status == 308;
        transfer_init(&transfer);
        transfer.status = status;
        assert_null(redirect_location(&transfer));
        buf_append(&transfer.headers, without, sizeof without);
        assert_null(redirect_location(&transfer));
        buf_append(&transfer.headers, with, sizeof with);
        if (expected)
            assert_string_equal(redirect_location(&transfer), "/x");
        else
            assert_null(redirect_location(&transfer));
        transfer.headers.len = 0;
        buf_append(&transfer.headers, empty, sizeof empty);
        assert_null(redirect_location(&transfer));
        transfer_fini(&transfer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_and_bodies),
        cmocka_unit_test(referers),
        cmocka_unit_test(secrets_stay_at_home),
        cmocka_unit_test(locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
