/* thresholds.c -- tests of measure/threshold.c, thresholds.c and trend_stat.c:
 * k6's grammar, and what comes of a metric. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/results.h"
#include "measure/thresholds.h"

#define SECOND_NS INT64_C(1000000000)

static struct results results;
static struct thresholds thresholds;
static lua_State *L;

static int set_up(void **state)
{
    (void)state;
    assert_true(results_init(&results));
    L = luaL_newstate();
    return L ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lua_close(L);
    results_fini(&results);
    thresholds_fini(&thresholds);
    return 0;
}

/* Read a table in Lua's syntax. */
static bool read_table(const char *text, struct err *err)
{
    lua_settop(L, 0);
    lua_pushfstring(L, "return %s", text);
    assert_int_equal(luaL_loadstring(L, lua_tostring(L, -1)), LUA_OK);
    lua_call(L, 0, 1);
    bool ok = thresholds_read(&thresholds, L, -1, err);
    assert_int_equal(lua_gettop(L), 2);
    return ok;
}

/* With metrics that are new: old sub-metrics point to old selectors. */
static void read_well(const char *text)
{
    struct err err = {""};
    results_fini(&results);
    assert_true(results_init(&results));
    if (!read_table(text, &err))
        fail_msg("%s: %s", text, err.message);
    assert_true(
        metrics_watch(&results.metrics, thresholds.selectors, thresholds.n));
}

static void record_some(void)
{
    struct metrics *m = &results.metrics;
    for (int i = 1; i <= 100; i++) {
        metrics_add(m, METRIC_HTTP_REQ_DURATION, i, NULL);
        metrics_add(m, METRIC_HTTP_REQ_FAILED, i % 4 == 0, NULL);
        metrics_add(m, METRIC_HTTP_REQS, 1, NULL);
    }
    metrics_add(m, METRIC_VUS, 7, NULL);
}

static void read_and_record(const char *text)
{
    read_well(text);
    record_some();
}

static void assert_parsed(const char *text, enum threshold_aggregation what,
                          enum threshold_operator operator, double bound)
{
    struct threshold t;
    struct err err = {""};
    if (!threshold_parse(&t, text, &err))
        fail_msg("%s", err.message);
    assert_int_equal(t.aggregation, what);
    assert_int_equal(t.operator, operator);
    assert_true(t.bound == bound);
}

static void the_grammar_is_k6s(void **state)
{
    (void)state;
    assert_parsed("rate<0.01", THRESHOLD_RATE, THRESHOLD_LESS, 0.01);
    assert_parsed("  rate  <=\t1e-2 ", THRESHOLD_RATE, THRESHOLD_LESS_EQUAL,
                  0.01);
    assert_parsed("count>10", THRESHOLD_COUNT, THRESHOLD_GREATER, 10);
    assert_parsed("value>=-5", THRESHOLD_VALUE, THRESHOLD_GREATER_EQUAL, -5);
    assert_parsed("value==5", THRESHOLD_VALUE, THRESHOLD_EQUAL, 5);
    assert_parsed("value===5", THRESHOLD_VALUE, THRESHOLD_EQUAL, 5);
    assert_parsed("value != 5", THRESHOLD_VALUE, THRESHOLD_NOT_EQUAL, 5);
    assert_parsed("avg<1", THRESHOLD_TREND, THRESHOLD_LESS, 1);
    assert_parsed("p(99.9)<250", THRESHOLD_TREND, THRESHOLD_LESS, 250);
    assert_parsed("p(0)<1", THRESHOLD_TREND, THRESHOLD_LESS, 1);
    assert_parsed("p(100)<1", THRESHOLD_TREND, THRESHOLD_LESS, 1);
    assert_parsed("cum_share<0.3", THRESHOLD_CUM_SHARE, THRESHOLD_LESS, 0.3);
    assert_parsed("per_request<20000", THRESHOLD_PER_REQUEST, THRESHOLD_LESS,
                  20000);
}

static void bad_ones_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "rate",       "rate<",      "<1",       "rate=1",
        "rate<x",     "rate<1x",    "rate<200ms", "rate<1%",  "rate<nan",
        "rate<inf",   "rate>>1",    "p95<1",      "p()<1",    "p(x)<1",
        "p(101)<1",   "p(9 5)<1",   "p(95<1",     "p95)<1",   "p(1.2.3)<1",
        "mean<1",     "rate<1 & 2", "1<rate",     "rate<1<2", "p(-1)<1",
        "p(0x5f)<10", "p(1e1)<10",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct threshold t;
        struct err err = {""};
        if (threshold_parse(&t, bad[i], &err))
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(err.message, bad[i]));
        assert_non_null(strstr(err.message, "p(N)"));
    }
}

static void all_forms_of_options_are_read(void **state)
{
    (void)state;
    read_well("{ http_reqs = 'count>1', http_req_duration = { 'p(95)<2', "
              "{ 'p(99)<3', abortOnFail = true, delayAbortEval = '10s' }, "
              "{ threshold = 'avg<4', delayAbortEval = 1500 } }, "
              "['checks{check:a}'] = { 'rate>0.5', abortOnFail = true } }");
    assert_int_equal(thresholds.n, 3);
    assert_string_equal(thresholds.selectors[0].text, "checks{check:a}");
    assert_string_equal(thresholds.selectors[1].text, "http_req_duration");
    assert_string_equal(thresholds.selectors[2].text, "http_reqs");
    assert_int_equal(thresholds_count(&thresholds), 5);
    assert_true(thresholds.of[0].all[0].abort_on_fail);
    const struct threshold *t = thresholds.of[1].all;
    assert_string_equal(t[0].text, "p(95)<2");
    assert_false(t[0].abort_on_fail);
    assert_true(t[1].abort_on_fail);
    assert_true(t[1].delay_ns == 10 * SECOND_NS);
    assert_string_equal(t[2].text, "avg<4");
    assert_true(t[2].delay_ns == SECOND_NS * 3 / 2);
}

static void assert_refused(const char *text, const char *why)
{
    struct err err = {""};
    if (read_table(text, &err))
        fail_msg("%s was taken", text);
    if (!strstr(err.message, why) || !strstr(err.message, "options.thresholds"))
        fail_msg("%s: %s", text, err.message);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    assert_refused("1", "must be a table, got a number");
    assert_refused("{ 'rate<1' }", "name of a metric must be a string");
    assert_refused("{ checks = 1 }", "['checks']: expected a text");
    assert_refused("{ checks = {} }", "expected 1 to");
    assert_refused("{ checks = { 1 } }", "got a number");
    assert_refused("{ checks = { {} } }", "got a nil");
    assert_refused("{ checks = 'rate' }", "['checks']: 'rate' is not a");
    assert_refused("{ checks = { 'rate<1', abortOnFail = 1 } }",
                   "abortOnFail must be true or false");
    assert_refused("{ checks = { 'rate<1', delayAbortEval = '10' } }",
                   "delayAbortEval must be a duration");
    assert_refused("{ checks = { 'rate<1', abort = true } }",
                   "unknown field 'abort'");
    assert_refused("{ checks = { 'rate<1', 'rate<2', abortOnFail = true } }",
                   "unknown field '[2]'");
    assert_refused("{ ['checks{a'] = 'rate<1' }", "braces do not match");
}

static bool check(struct err *err)
{
    *err = (struct err){""};
    return thresholds_check(&thresholds, &results.metrics, NULL, err);
}

static void metrics_must_exist_and_fit(void **state)
{
    (void)state;
    struct err err;
    read_well("{ http_reqs = 'rate<1', vus = 'value<1', checks = 'rate<1', "
              "['http_req_latency{name:x}'] = 'p(99)<1' }");
    assert_true(check(&err));
    read_well("{ http_req = 'rate<1' }");
    assert_false(check(&err));
    assert_non_null(strstr(err.message, "no metric 'http_req'"));
    assert_non_null(strstr(err.message, "known are: http_req_blocked, "));
    read_well("{ http_reqs = 'p(95)<1' }");
    assert_false(check(&err));
    assert_non_null(strstr(err.message, "a Counter has no 'p(95)', but count, "
                                        "rate"));
    read_well("{ ['http_req_duration{a:b}'] = 'rate<1' }");
    assert_false(check(&err));
    assert_non_null(strstr(err.message, "a Trend has no 'rate', but avg, min"));
    read_well("{ vus = 'count<1' }");
    assert_false(check(&err));
    read_well("{ http_req_failed = 'share<1' }");
    assert_false(check(&err));
    read_well("{ profile_cpu = 'share<1' }");
    assert_false(check(&err));
    assert_non_null(strstr(err.message, "no metric 'profile_cpu'"));
}

static bool evaluate(double seconds, bool is_over)
{
    int64_t now_ns = SECOND_NS + (int64_t)(seconds * 1e9);
    results.start_ns = SECOND_NS;
    results.end_ns = is_over ? now_ns : 0;
    return thresholds_evaluate(&thresholds, &results, now_ns);
}

static double value_of(const char *metric, const char *expression)
{
    char text[256];
    snprintf(text, sizeof text, "{ ['%s'] = '%s' }", metric, expression);
    read_and_record(text);
    evaluate(4, false);
    assert_true(thresholds.of[0].all[0].judged);
    return thresholds.of[0].all[0].value;
}

static void values_are_measured(void **state)
{
    (void)state;
    assert_true(value_of("http_req_duration", "avg<1") == 50.5);
    assert_true(value_of("http_req_duration", "min<1") == 1);
    assert_true(value_of("http_req_duration", "max<1") == 100);
    double p95 = value_of("http_req_duration", "p(95)<1");
    assert_true(p95 > 95 * 0.996 && p95 < 95 * 1.004);
    double median = value_of("http_req_duration", "med<1");
    assert_true(median > 50 * 0.996 && median < 50 * 1.004);
    assert_true(value_of("http_req_failed", "rate<1") == 0.25);
    assert_true(value_of("http_reqs", "count<1") == 100);
    assert_true(value_of("http_reqs", "rate<1") == 25);
    assert_true(value_of("vus", "value<1") == 7);
}

static void operators_decide(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool failed;
    } cases[] = {
        {"value<7", true},   {"value<8", false},   {"value<=7", false},
        {"value<=6", true},  {"value>7", true},    {"value>6", false},
        {"value>=7", false}, {"value>=8", true},   {"value==7", false},
        {"value==6", true},  {"value===7", false}, {"value!=7", true},
        {"value!=6", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        value_of("vus", cases[i].text);
        if (thresholds.of[0].all[0].failed != cases[i].failed)
            fail_msg("%s", cases[i].text);
        assert_int_equal(thresholds_count_failed(&thresholds), cases[i].failed);
    }
}

/* As in k6: not judged while the run goes on, and by 0 at its end, but for a
 * Rate. */
static void a_metric_without_samples(void **state)
{
    (void)state;
    read_well("{ http_reqs = 'count>0', http_req_duration = 'p(95)<1', "
              "['http_reqs{name:x}'] = 'count>0', checks = 'rate>0.9' }");
    metrics_add(&results.metrics, METRIC_HTTP_REQS, 1, NULL);
    evaluate(1, false);
    assert_int_equal(thresholds_count_failed(&thresholds), 0);
    assert_false(thresholds.of[1].all[0].judged);
    evaluate(2, true);
    assert_int_equal(thresholds_count_failed(&thresholds), 1);
    assert_string_equal(thresholds.selectors[3].text, "http_reqs{name:x}");
    assert_true(thresholds.of[3].all[0].failed);
}

static void aborts_on_fail_after_the_delay(void **state)
{
    (void)state;
    read_and_record("{ vus = 'value<1' }");
    assert_false(evaluate(1, false));
    assert_int_equal(thresholds_count_failed(&thresholds), 1);
    read_and_record("{ vus = { 'value<1', abortOnFail = true } }");
    assert_true(evaluate(1, false));
    read_and_record("{ vus = { 'value<1', abortOnFail = true, "
                    "delayAbortEval = '10s' } }");
    assert_false(evaluate(9.9, false));
    assert_true(evaluate(10.1, false));
    assert_true(thresholds.of[0].all[0].first_failed_ns ==
                (int64_t)(9.9 * 1e9));
    read_and_record("{ vus = { 'value<9', abortOnFail = true } }");
    assert_false(evaluate(1, false));
}

static bool check_profile(const struct selector *selector,
                          const char *aggregation, struct err *err)
{
    return (strcmp(selector->metric, "profile_cpu") == 0 &&
            strcmp(aggregation, "share") == 0) ||
           err_set(err, "profile_cpu has share");
}

static bool measure_profile(void *ctx, const struct selector *selector,
                            const char *aggregation, double *value,
                            struct err *err)
{
    (void)aggregation;
    const char *function = selector_get(selector, "function");
    *value = *(double *)ctx;
    return function || err_set(err, "no profile was taken");
}

static void profiles_are_judged_by_another(void **state)
{
    (void)state;
    struct err err = {""};
    double share = 0.4;
    read_well("{ ['profile_cpu{function:f}'] = { 'share<0.3', 'share<0.5' }, "
              "profile_cpu = 'share<1', vus = 'value<9' }");
    assert_true(
        thresholds_check(&thresholds, &results.metrics, check_profile, &err));
    evaluate(1, true);
    assert_int_equal(thresholds_count_failed(&thresholds), 0);
    thresholds_evaluate_profiles(&thresholds, measure_profile, &share);
    assert_int_equal(thresholds_count_failed(&thresholds), 2);
    assert_true(thresholds.of[0].all[0].failed);
    assert_string_equal(thresholds.of[0].all[0].note, "no profile was taken");
    assert_true(thresholds.of[1].all[0].failed);
    assert_false(thresholds.of[1].all[1].failed);
    assert_true(thresholds.of[1].all[1].value == 0.4);
    read_well("{ profile_cpu = 'p(95)<1' }");
    assert_false(
        thresholds_check(&thresholds, &results.metrics, check_profile, &err));
    assert_non_null(strstr(err.message, "options.thresholds['profile_cpu']: "
                                        "'p(95)<1': profile_cpu has share"));
}

static void trend_stats_are_parsed(void **state)
{
    (void)state;
    struct trend_stats stats = trend_stats_default;
    struct err err = {""};
    assert_true(trend_stats_parse(&stats, "avg,count,p(99.99)", &err));
    assert_int_equal(stats.n, 3);
    assert_string_equal(stats.all[2].name, "p(99.99)");
    assert_true(stats.all[2].percentile == 99.99);
    assert_false(trend_stats_parse(&stats, "avg,,max", &err));
    assert_false(trend_stats_parse(&stats, "avg,p95", &err));
    assert_non_null(strstr(err.message, "'p95' is not one of avg, min"));
    assert_false(trend_stats_parse(
        &stats,
        "avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,avg,"
        "avg,avg",
        &err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_grammar_is_k6s),
        TEST(bad_ones_are_refused),
        TEST(all_forms_of_options_are_read),
        TEST(bad_options_are_refused),
        TEST(metrics_must_exist_and_fit),
        TEST(values_are_measured),
        TEST(operators_decide),
        TEST(a_metric_without_samples),
        TEST(aborts_on_fail_after_the_delay),
        TEST(profiles_are_judged_by_another),
        TEST(trend_stats_are_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
