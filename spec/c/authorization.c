/* authorization.c -- tests of client/authorization.c: the examples of the
 * RFCs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "client/authorization.h"
#include "client/transfer.h"

static void aim(struct transfer *transfer, const char *url)
{
    struct err err;
    transfer_init(transfer);
    transfer->method = "GET";
    assert_true(url_parse(&transfer->url, url, strlen(url), &err));
}

static void basic(void **state)
{
    (void)state;
    static const struct {
        const char *url, *header;
    } cases[] = {
        /* RFC 7617, section 2 */
        {"http://Aladdin:open%20sesame@a/",
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"},
        {"http://test:123%c2%A3@a/",
         "Authorization: Basic dGVzdDoxMjPCow==\r\n"},
        {"http://a@b/", "Authorization: Basic YTo=\r\n"},
        {"http://:@b/", "Authorization: Basic Og==\r\n"},
        {"http://%3a%4:%zz@b/", "Authorization: Basic OiU0OiV6eg==\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer transfer;
        struct buf out = BUF_INIT;
        aim(&transfer, cases[i].url);
        authorization_put_basic(&out, &transfer.url);
        assert_string_equal(buf_cstr(&out), cases[i].header);
        buf_fini(&out);
    }
}

static void challenge(struct transfer *transfer, const char *value)
{
    transfer->status = 401;
    buf_append(&transfer->headers, "WWW-Authenticate", 17);
    buf_append(&transfer->headers, value, strlen(value) + 1);
}

static void assert_answer(struct transfer *transfer, const char *cnonce,
                          const char *expected)
{
    struct buf out = BUF_INIT;
    bool answered = authorization_put_digest(&out, transfer, cnonce);
    assert_int_equal(answered, expected != NULL);
    if (expected && strcmp(buf_cstr(&out), expected) != 0)
        print_error("%s\n", buf_cstr(&out));
    if (expected)
        assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
    transfer_fini(transfer);
}

/* RFC 2069, section 2.4, as corrected by its errata 749. */
static void digest_without_qop(void **state)
{
    (void)state;
    struct transfer transfer;
    aim(&transfer, "http://Mufasa:CircleOfLife@www.nowhere.org/dir/index.html");
    challenge(&transfer, "Digest realm=\"testrealm@host.com\", "
                         "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                         "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    assert_answer(&transfer, "unused",
                  "Authorization: Digest username=\"Mufasa\", "
                  "realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                  "uri=\"/dir/index.html\", "
                  "response=\"1949323746fe6a43ef61f9606e7febea\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\r\n");
}

/* RFC 7616, section 3.9.1; the challenge that is known stands second. */
static void digest_with_qop(void **state)
{
    (void)state;
#define NONCE "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define OPAQUE "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    static const struct {
        const char *challenge, *middle;
    } cases[] = {
        {"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
         "algorithm=SHA-256, nonce=\"" NONCE "\", opaque=\"" OPAQUE "\"",
         "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db585"
         "6cb6c1\", algorithm=SHA-256"},
        {"Digest realm=\"http-auth@example.org\",qop=\"auth-int,auth\",\t"
         "algorithm=md5 ,nonce=\"" NONCE "\",opaque=\"" OPAQUE "\" , Basic",
         "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer transfer;
        char expected[1000];
        aim(&transfer, "http://Mufasa:Circle%20of%20Life@www.example.org"
                       "/dir/index.html");
        challenge(&transfer, "Basic realm=\"x\"");
        challenge(&transfer, "Digest realm=\"x\", nonce=\"y\", algorithm=MD4");
        challenge(&transfer, cases[i].challenge);
        snprintf(expected, sizeof expected,
                 "Authorization: Digest username=\"Mufasa\", "
                 "realm=\"http-auth@example.org\", nonce=\"" NONCE "\", "
                 "uri=\"/dir/index.html\", %s, opaque=\"" OPAQUE "\", "
                 "qop=auth, nc=00000001, cnonce=\"" CNONCE "\"\r\n",
                 cases[i].middle);
        assert_answer(&transfer, CNONCE, expected);
    }
}

static void what_cannot_be_answered(void **state)
{
    (void)state;
    static const char *const challenges[] = {
        "Basic realm=\"x\"",
        "Digest",
        "Digest ",
        "Digest realm=\"x\"",
        "Digest nonce=\"x\"",
        "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"",
        "Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256",
        "Digest realm=\"x\", nonce",
        "Digest realm=\"x\\\", nonce=\"y",
        "Digest realm=\"x",
        "Digest =",
    };
    struct transfer transfer;
    for (size_t i = 0; i < sizeof challenges / sizeof *challenges; i++) {
        aim(&transfer, "http://a:b@c/");
        challenge(&transfer, challenges[i]);
        assert_answer(&transfer, "x", NULL);
    }
    aim(&transfer, "http://a:b@c/");
    challenge(&transfer, "Digest realm=\"x\", nonce=\"y\"");
    transfer.status = 403;
    assert_answer(&transfer, "x", NULL);
}

/* Nothing of the URL's user gets out of its quotes, or of its line. */
static void names_are_quoted(void **state)
{
    (void)state;
    struct transfer transfer;
    struct buf out = BUF_INIT;
    aim(&transfer, "http://%22a%5C%0D%0AX:%20y@c?q");
    challenge(&transfer, "Digest realm=\"\\\"r\", nonce=\"y\"");
    assert_true(authorization_put_digest(&out, &transfer, "x"));
    assert_non_null(strstr(buf_cstr(&out), "username=\"\\\"a\\\\X\", "
                                           "realm=\"\\\"r\""));
    assert_non_null(strstr(buf_cstr(&out), "uri=\"/?q\""));
    assert_int_equal(strcspn(buf_cstr(&out), "\r\n"), out.len - 2);
    buf_fini(&out);
    transfer_fini(&transfer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic),
        cmocka_unit_test(digest_without_qop),
        cmocka_unit_test(digest_with_qop),
        cmocka_unit_test(what_cannot_be_answered),
        cmocka_unit_test(names_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
