/* tags.c -- tests of measure/tags.c and measure/selector.c: the tags of a
 * sample, as k6 has them, and which samples a selector means. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "client/transfer.h"
#include "measure/checks.h"
#include "measure/metrics.h"
#include "measure/selector.h"
#include "client/status_set.h"
#include "measure/tags.h"

static struct buf scratch;

/* "name\0value\0", as a string literal has it. */
#define LIST(text) ((struct buf){.data = (char *)text, .len = sizeof text - 1})

static void assert_tag(const struct tags *tags, const char *key,
                       const char *expected)
{
    struct tag_value value = tags_get(tags, tag_find(key), key, &scratch);
    char text[256];
    if (!expected) {
        assert_null(value.at);
        return;
    }
    assert_non_null(value.at);
    snprintf(text, sizeof text, "%.*s", (int)value.n, value.at);
    assert_string_equal(text, expected);
}

static void parse_url(struct transfer *transfer, const char *text)
{
    struct err err;
    assert_true(url_parse(&transfer->url, text, strlen(text), &err));
}

static void a_request_has_k6s_tags(void **state)
{
    (void)state;
    struct transfer transfer = {
        .status = 200, .method = "GET", .expected = &status_set_default};
    struct tags tags = {.transfer = &transfer, .scenario = "users"};
    parse_url(&transfer, "http://a:1/b?c");
    assert_tag(&tags, "method", "GET");
    assert_tag(&tags, "status", "200");
    assert_tag(&tags, "url", "http://a:1/b?c");
    assert_tag(&tags, "name", "http://a:1/b?c");
    assert_tag(&tags, "proto", "HTTP/1.1");
    assert_tag(&tags, "expected_response", "true");
    assert_tag(&tags, "scenario", "users");
    assert_tag(&tags, "error", NULL);
    assert_tag(&tags, "error_code", NULL);
    assert_tag(&tags, "check", NULL);
    assert_tag(&tags, "group", NULL);

    parse_url(&transfer, "https://me:secret@a:1/b@c");
    assert_tag(&tags, "name", "https://****:****@a:1/b@c");

    transfer.status = 404;
    transfer.http_1_0 = true;
    assert_tag(&tags, "status", "404");
    assert_tag(&tags, "proto", "HTTP/1.0");
    assert_tag(&tags, "error_code", "1404");
    assert_tag(&tags, "expected_response", "false");

    transfer_fail(&transfer, CLIENT_DIAL_REFUSED, NULL);
    assert_tag(&tags, "status", "0");
    assert_tag(&tags, "proto", NULL);
    assert_tag(&tags, "error_code", "1212");
    assert_tag(&tags, "error", "dial: connection refused");
    assert_tag(&tags, "expected_response", "false");
}

/* A sample's own win over the request's, those over the scenario's. The
 * system's win over all, but for name, group and scenario. */
static void tags_have_an_order(void **state)
{
    (void)state;
    struct buf common = LIST("a\0c\0b\0c\0c\0c\0url\0c\0status\0c\0");
    struct buf own = LIST("a\0o\0scenario\0o\0");
    struct transfer transfer = {
        .status = 200, .method = "GET", .tags = LIST("a\0t\0b\0t\0name\0t\0")};
    struct tags tags = {.transfer = &transfer,
                        .common = &common,
                        .own = &own,
                        .scenario = "users"};
    parse_url(&transfer, "http://a/");
    assert_tag(&tags, "a", "o");
    assert_tag(&tags, "b", "t");
    assert_tag(&tags, "c", "c");
    assert_tag(&tags, "d", NULL);
    assert_tag(&tags, "scenario", "o");
    assert_tag(&tags, "status", "200");
    assert_tag(&tags, "name", "t");
    assert_tag(&tags, "url", "t"); /* as k6 does */
}

static void a_group_is_its_path(void **state)
{
    (void)state;
    struct checks checks;
    assert_true(checks_init(&checks));
    struct tags tags = {.checks = &checks};
    assert_tag(&tags, "group", "");
    uint32_t outer = checks_group(&checks, CHECKS_ROOT, "outer", 5);
    tags.group = checks_group(&checks, outer, "inner", 5);
    assert_tag(&tags, "group", "::outer::inner");
    checks_fini(&checks);
}

static void put_tag(void *ctx, const char *key, struct tag_value value)
{
    buf_printf(ctx, "%s=%.*s ", key, (int)value.n, value.at);
}

static void each_tag_comes_once(void **state)
{
    (void)state;
    struct buf common = LIST("a\0c\0z\0c\0z\0again\0status\0c\0"),
               own = LIST("a\0o\0"), out = BUF_INIT;
    struct tags tags = {
        .common = &common, .own = &own, .scenario = "s", .check = "it is"};
    tags_each(&tags, &scratch, put_tag, &out);
    assert_string_equal(buf_cstr(&out),
                        "check=it is scenario=s status=c a=o z=c ");
    out.len = 0;
    tags_each(NULL, &scratch, put_tag, &out);
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

static void assert_matches(const char *text, const struct tags *tags,
                           bool expected)
{
    struct selector selector;
    struct err err = {""};
    if (!selector_parse(&selector, text, &err))
        fail_msg("%s", err.message);
    if (selector_matches(&selector, tags, &scratch) != expected)
        fail_msg("%s: %d expected", text, expected);
}

static void selectors_are_k6s(void **state)
{
    (void)state;
    struct buf own = LIST("a\0b c\0path\0::x:y\0");
    struct transfer transfer = {.status = 503};
    struct tags tags = {.own = &own, .transfer = &transfer};
    parse_url(&transfer, "http://h/");
    assert_matches("m", &tags, true);
    assert_matches("m{a:b c}", &tags, true);
    assert_matches("m{ 'a' : \"b c\" , status:503 }", &tags, true);
    assert_matches("m{path:::x:y}", &tags, true);
    assert_matches("m{url:http://h/}", &tags, true);
    assert_matches("m{a:b}", &tags, false);
    assert_matches("m{a:b c,status:200}", &tags, false);
    assert_matches("m{none:x}", &tags, false);
    assert_matches("m{a:b c}", NULL, false);
}

static void assert_refused(const char *text, const char *why)
{
    struct selector selector;
    struct err err = {""};
    assert_false(selector_parse(&selector, text, &err));
    if (!strstr(err.message, why) || !strstr(err.message, "{tag:value"))
        fail_msg("%s: %s", text, err.message);
}

static void bad_selectors_are_refused(void **state)
{
    (void)state;
    char text[SELECTOR_TEXT_MAX + 2];
    assert_refused("m{a:b", "braces");
    assert_refused("ma:b}", "braces");
    assert_refused("m}a:b{", "braces");
    assert_refused("m{a:b} ", "follows");
    assert_refused("m{}", "key:value");
    assert_refused("m{a}", "key:value");
    assert_refused("m{a:}", "key:value");
    assert_refused("m{a:b,}", "key:value");
    assert_refused("m{:b}", "empty");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "too long");
    assert_refused("m{a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,"
                   "a:1,a:1,a:1}",
                   "too many");
}

static void told(void *ctx, struct metric *metric, double value,
                 const struct tags *tags)
{
    buf_printf(ctx, "%s=%g:%s ", metric_title(metric), value,
               tags ? tags->check : "-");
}

static void a_tap_is_told_of_every_sample_once(void **state)
{
    (void)state;
    struct metrics m;
    struct selector selector;
    struct err err;
    struct buf out = BUF_INIT;
    struct tags tags = {.check = "a"};
    assert_true(metrics_init(&m));
    assert_true(selector_parse(&selector, "checks{check:a}", &err));
    assert_true(metrics_watch(&m, &selector, 1));
    metrics_add(&m, METRIC_CHECKS, 1, &tags);
    metrics_set_tap(&m, &(struct metrics_tap){.sample = told}, &out);
    metrics_add(&m, METRIC_CHECKS, 0, &tags);
    metrics_add(&m, METRIC_VUS, 3, NULL);
    metric_add(metrics_define(&m, "mine", METRIC_COUNTER, METRIC_PLAIN, &err),
               2, &tags);
    metrics_set_tap(&m, NULL, NULL);
    metrics_add(&m, METRIC_CHECKS, 1, &tags);
    assert_string_equal(buf_cstr(&out), "checks=0:a vus=3:- mine=2:a ");
    assert_true(metrics_select(&m, &selector)->sum == 2);
    assert_int_equal(metrics_select(&m, &selector)->count, 3);
    buf_fini(&out);
    metrics_fini(&m);
}

static int tear_down(void **state)
{
    (void)state;
    buf_fini(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_k6s_tags),
        cmocka_unit_test(tags_have_an_order),
        cmocka_unit_test(a_group_is_its_path),
        cmocka_unit_test(each_tag_comes_once),
        cmocka_unit_test(selectors_are_k6s),
        cmocka_unit_test(bad_selectors_are_refused),
        cmocka_unit_test(a_tap_is_told_of_every_sample_once),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
