/* url_resolve.c -- tests of client/url_resolve.c: the examples of RFC 3986,
 * section 5.4, and what servers send besides. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "client/url_resolve.h"

struct example {
    const char *reference, *url;
};

static void assert_resolves(const char *base, const struct example *examples,
                            size_t n)
{
    struct url url;
    struct err err;
    assert_true(url_parse(&url, base, strlen(base), &err));
    for (size_t i = 0; i < n; i++) {
        struct buf out = BUF_INIT;
        const char *reference = examples[i].reference;
        url_resolve(&out, &url, reference, strlen(reference));
        if (strcmp(buf_cstr(&out), examples[i].url) != 0)
            print_error("'%s'\n", reference);
        assert_string_equal(buf_cstr(&out), examples[i].url);
        buf_fini(&out);
    }
}

static void rfc_3986(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
    };
    assert_resolves("http://a/b/c/d;p?q", examples,
                    sizeof examples / sizeof *examples);
}

static void what_servers_send(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"next", "https://u:p@h:8443/next"},
        {"?x=1", "https://u:p@h:8443?x=1"},
        {"//other/x", "https://other/x"},
        {"HTTP://other", "HTTP://other"},
        {"/a b\xc3\xa4", "https://u:p@h:8443/a%20b%C3%A4"},
        {"/a//b", "https://u:p@h:8443/a//b"},
        {"a:b/c", "a:b/c"},
        {"./a:b", "https://u:p@h:8443/a:b"},
        {"1:2", "https://u:p@h:8443/1:2"},
        {":", "https://u:p@h:8443/:"},
    };
    assert_resolves("https://u:p@h:8443?q", examples,
                    sizeof examples / sizeof *examples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_3986),
        cmocka_unit_test(what_servers_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
