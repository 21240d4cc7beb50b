/* router.c -- tests of handler/pattern.c and handler/router.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "handler/router.h"

/* A router over a NULL-terminated list; ids are positions. */
static struct router *router_of(const char *const *patterns)
{
    struct router *router = router_new();
    struct err err;
    assert_non_null(router);
    for (uint32_t i = 0; patterns[i]; i++)
        if (!router_add(router, patterns[i], i, &err))
            fail_msg("%s", err.message);
    return router;
}

struct lookup {
    const char *method, *path;
    const char *pattern; /* expected; NULL: no route */
    const char *values;  /* of its wildcards, each with a '|' behind */
};

static void check(const struct router *router, const struct lookup *want)
{
    struct router_match match;
    bool found = router_find(router, want->method, want->path, &match);
    if (!want->pattern) {
        if (found)
            fail_msg("%s %s: found %s", want->method, want->path,
                     match.pattern->text);
        return;
    }
    if (!found)
        fail_msg("%s %s: not found", want->method, want->path);
    assert_string_equal(match.pattern->text, want->pattern);
    char values[256] = "";
    for (int i = 0; i < match.n_values; i++) {
        strncat(values, match.values[i].start, match.values[i].len);
        strcat(values, "|");
    }
    assert_string_equal(values, want->values);
}

static void finds_routes(void **state)
{
    (void)state;
    static const char *const patterns[] = {"GET /users/{id}",
                                           "GET /users/me",
                                           "POST /users/{id}",
                                           "GET /users/{id}/posts/{post}",
                                           "GET /files/new/{rest...}",
                                           "GET /files/{path...}",
                                           "/images/",
                                           "/images/{$}",
                                           "/images/logo",
                                           "HEAD /users/me",
                                           NULL};
    static const struct lookup lookups[] = {
        {"GET", "/users/7", "GET /users/{id}", "7|"},
        {"GET", "/users/me", "GET /users/me", ""},
        {"GET", "/users/m%65", "GET /users/me", ""},
        {"HEAD", "/users/7", "GET /users/{id}", "7|"},
        {"HEAD", "/users/me", "HEAD /users/me", ""},
        {"POST", "/users/me", "POST /users/{id}", "me|"},
        {"PUT", "/users/me", NULL, NULL},
        {"GET", "/users/", NULL, NULL},
        {"GET", "/users", NULL, NULL},
        {"GET", "/users/7/", NULL, NULL},
        {"GET", "/users/7/posts/8", "GET /users/{id}/posts/{post}", "7|8|"},
        {"GET", "/files/new/a/b", "GET /files/new/{rest...}", "a/b|"},
        {"GET", "/files/", "GET /files/{path...}", "|"},
        {"GET", "/files/a/b", "GET /files/{path...}", "a/b|"},
        {"GET", "/files", NULL, NULL},
        {"PUT", "/images/", "/images/{$}", ""},
        {"PUT", "/images/a", "/images/", "a|"},
        {"PUT", "/images/logo", "/images/logo", ""},
        {"GET", "", NULL, NULL},
        {"GET", "*", NULL, NULL},
    };
    struct router *router = router_of(patterns);
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++)
        check(router, &lookups[i]);
    router_free(router);
}

/* A branch that leads nowhere is left, with what its wildcards took. */
static void backtracks(void **state)
{
    (void)state;
    static const char *const patterns[] = {"/a/b/c", "/{x}/b/d", "/a/{y}/e",
                                           "/{rest...}", NULL};
    static const struct lookup lookups[] = {
        {"GET", "/a/b/c", "/a/b/c", ""},
        {"GET", "/a/q/e", "/a/{y}/e", "q|"},
        {"GET", "/z/b/d", "/{x}/b/d", "z|"},
        {"GET", "/a/b/d", "/{x}/b/d", "a|"},
        {"GET", "/a/b/z", "/{rest...}", "a/b/z|"},
    };
    struct router *router = router_of(patterns);
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++)
        check(router, &lookups[i]);
    router_free(router);
}

static void lists_allowed_methods(void **state)
{
    (void)state;
    static const char *const patterns[] = {"POST /a", "GET /a", "DELETE /{x}",
                                           "/any/b", NULL};
    struct router *router = router_of(patterns);
    struct buf allow = BUF_INIT;
    assert_true(router_allow(router, "/a", &allow));
    assert_string_equal(buf_cstr(&allow), "DELETE, GET, HEAD, POST");
    buf_fini(&allow);
    assert_false(router_allow(router, "/a/b", &allow));
    buf_fini(&allow);
    router_free(router);
}

static void refuses_conflicts(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool conflict;
    } cases[] = {
        {"/a", "/a", true},
        {"/{x}", "/{y}", true},
        {"/a/{x}", "/{y}/b", true},
        {"GET /{x}", "/a", true},
        {"/a/", "/a/{rest...}", true},
        {"GET /a", "GET /a", true},
        {"GET /a", "POST /a", false},
        {"GET /a", "/a", false},
        {"GET /a", "HEAD /a", false},
        {"GET /a", "HEAD /{x}", true},
        {"/a/{x}", "/a/b", false},
        {"/a/{$}", "/a/{x}", false},
        {"/a/{$}", "/a/", false},
        {"/a/{x}/c", "/a/b/{y...}", true},
        {"/a/{x}", "/a/b/{y...}", false},
        {"/a", "/a/", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int swap = 0; swap < 2; swap++) {
            struct router *router = router_new();
            struct err err = {0};
            assert_true(router_add(
                router, swap ? cases[i].second : cases[i].first, 0, &err));
            bool ok = router_add(
                router, swap ? cases[i].first : cases[i].second, 1, &err);
            if (ok == cases[i].conflict)
                fail_msg("%s, %s: %s", cases[i].first, cases[i].second,
                         ok ? "taken" : err.message);
            if (!ok)
                assert_non_null(strstr(err.message, "conflicts with"));
            router_free(router);
        }
    }
}

static void refuses_malformed_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *reason;
    } cases[] = {
        {"", "must begin with '/'"},
        {"users", "must begin with '/'"},
        {"get /users", "'get' is not a method"},
        {"GET", "must begin with '/'"},
        {"/a//b", "empty segment"},
        {"/{}", "is not {name}"},
        {"/{1a}", "is not {name}"},
        {"/{a}/{a}", "{a} is there twice"},
        {"/{a...}/b", "must be at its end"},
        {"/{$}/b", "must be at its end"},
        {"/a{b}", "must hold a whole segment"},
        {"/{a", "must hold a whole segment"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct router *router = router_new();
        struct err err = {0};
        assert_false(router_add(router, cases[i].pattern, 0, &err));
        if (!strstr(err.message, cases[i].reason))
            fail_msg("%s: %s", cases[i].pattern, err.message);
        router_free(router);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_routes),
        cmocka_unit_test(backtracks),
        cmocka_unit_test(lists_allowed_methods),
        cmocka_unit_test(refuses_conflicts),
        cmocka_unit_test(refuses_malformed_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
