/* results.c -- tests of measure/results.c: what several generators count, moved
 * into one, is what they counted together. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "measure/results.h"

#define N_PARTS 3

static struct results parts[N_PARTS], whole;

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < N_PARTS; i++)
        assert_true(results_init(&parts[i]));
    assert_true(results_init(&whole));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < N_PARTS; i++)
        results_fini(&parts[i]);
    results_fini(&whole);
    return 0;
}

static void merge_all(void)
{
    for (int i = 0; i < N_PARTS; i++)
        assert_true(results_merge(&whole, &parts[i]));
}

static struct metric *define(struct results *results, const char *name,
                             enum metric_kind kind)
{
    struct err err = {""};
    struct metric *metric =
        metrics_define(&results->metrics, name, kind, METRIC_PLAIN, &err);
    assert_non_null(metric);
    return metric;
}

static struct metric *find(const char *name)
{
    for (unsigned i = 0; i < whole.metrics.n; i++)
        if (strcmp(whole.metrics.all[i]->name, name) == 0)
            return whole.metrics.all[i];
    return NULL;
}

static uint64_t count_passed(const char *name)
{
    for (uint32_t i = 0; i < whole.checks.n_checks; i++)
        if (strcmp(whole.checks.checks[i].name, name) == 0)
            return whole.checks.checks[i].n_passed;
    return 0;
}

static void adds_up_built_in_metrics(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < N_PARTS; i++) {
            struct metrics *m = &parts[i].metrics;
            metrics_add(m, METRIC_HTTP_REQS, 1, NULL);
            metrics_add(m, METRIC_HTTP_REQ_FAILED, i == 0, NULL);
            metrics_add(m, METRIC_HTTP_REQ_DURATION, 10 * i + round, NULL);
        }
        merge_all();
    }
    struct metric **all = whole.metrics.all;
    assert_true(all[METRIC_HTTP_REQS]->sum == 15);
    assert_true(all[METRIC_HTTP_REQ_FAILED]->sum == 5);
    assert_int_equal(all[METRIC_HTTP_REQ_FAILED]->count, 15);
    assert_int_equal(all[METRIC_HTTP_REQ_DURATION]->count, 15);
    assert_int_equal(all[METRIC_HTTP_REQ_DURATION]->values.count, 15);
    assert_true(all[METRIC_HTTP_REQ_DURATION]->values.greatest == 24);
    assert_false(all[METRIC_HTTP_REQ_LATENCY]->used);
    assert_false(parts[0].metrics.all[METRIC_HTTP_REQS]->used);
    merge_all();
    assert_true(all[METRIC_HTTP_REQS]->sum == 15);
}

/* Each generator has defined them in its own order; its handles stay good. */
static void matches_a_scripts_metrics_by_name(void **state)
{
    (void)state;
    struct metric *a[N_PARTS], *b[N_PARTS];
    for (int i = 0; i < N_PARTS; i++) {
        if (i % 2) {
            a[i] = define(&parts[i], "a", METRIC_COUNTER);
            b[i] = define(&parts[i], "b", METRIC_TREND);
        } else {
            b[i] = define(&parts[i], "b", METRIC_TREND);
            a[i] = define(&parts[i], "a", METRIC_COUNTER);
        }
    }
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < N_PARTS; i++) {
            metric_add(a[i], 1, NULL);
            metric_add(b[i], 7, NULL);
        }
        merge_all();
    }
    assert_int_equal(whole.metrics.n, METRIC_N_BUILT_IN + 3);
    assert_true(find("a")->sum == 12);
    assert_int_equal(find("b")->values.count, 12);
}

static void a_gauge_takes_the_latest(void **state)
{
    (void)state;
    struct metric *first = define(&parts[0], "g", METRIC_GAUGE);
    struct metric *second = define(&parts[1], "g", METRIC_GAUGE);
    metric_add(second, 9, NULL);
    metric_add(second, 5, NULL);
    metric_add(first, 7, NULL); /* later, though merged before the other */
    merge_all();
    assert_true(find("g")->last == 7);
    assert_true(find("g")->least == 5 && find("g")->greatest == 9);
    metric_add(second, 1, NULL);
    merge_all();
    assert_true(find("g")->last == 1);
    assert_true(find("g")->least == 1 && find("g")->greatest == 9);
}

static void keeps_a_name_to_one_kind(void **state)
{
    (void)state;
    metric_add(define(&parts[0], "x", METRIC_COUNTER), 3, NULL);
    metric_add(define(&parts[1], "x", METRIC_TREND), 100, NULL);
    merge_all();
    merge_all();
    assert_int_equal(find("x")->kind, METRIC_COUNTER);
    assert_true(find("x")->sum == 3);
    assert_int_equal(find("x")->values.count, 0);
}

static void adds_up_checks_by_group(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N_PARTS; i++) {
            struct checks *c = &parts[i].checks;
            char own[16];
            snprintf(own, sizeof own, "own %d", i);
            uint32_t outer = checks_group(c, CHECKS_ROOT, own, strlen(own));
            uint32_t inner = checks_group(c, outer, "inner", 5);
            uint32_t shared = checks_group(c, CHECKS_ROOT, "shared", 6);
            checks_count(c, inner, own, strlen(own), true);
            checks_count(c, shared, "fine", 4, true);
            checks_count(c, shared, "fine", 4, false);
        }
        merge_all();
    }
    /* the root, "shared", and "own N" with "inner" for each */
    assert_int_equal(whole.checks.n_groups, 2 + 2 * N_PARTS);
    assert_int_equal(whole.checks.n_checks, 1 + N_PARTS);
    assert_int_equal(count_passed("fine"), 9);
    assert_int_equal(count_passed("own 1"), 3);
    for (uint32_t i = 0; i < whole.checks.n_checks; i++) {
        struct check *check = &whole.checks.checks[i];
        struct check_group *group = &whole.checks.groups[check->group];
        if (strcmp(check->name, "fine") == 0) {
            assert_string_equal(group->name, "shared");
            assert_int_equal(check->n_failed, 9);
        } else {
            assert_string_equal(group->name, "inner");
            assert_string_equal(whole.checks.groups[group->parent].name,
                                check->name);
        }
    }
}

static void bounds_checks_of_all_together(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 700; k++) {
            char name[32];
            snprintf(name, sizeof name, "part %d check %d", i, k);
            checks_count(&parts[i].checks, CHECKS_ROOT, name, strlen(name),
                         true);
        }
    assert_false(parts[0].checks.overflowed);
    merge_all();
    assert_true(whole.checks.overflowed);
    assert_true(whole.checks.n_checks <= CHECKS_MAX + 1);
    uint64_t n = 0;
    for (uint32_t i = 0; i < whole.checks.n_checks; i++)
        n += whole.checks.checks[i].n_passed;
    assert_int_equal(n, 1400);
    assert_true(count_passed("other") >= 400);
}

static void adds_up_outcomes(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        parts[0].outcome.by_status[200] += 2;
        parts[1].outcome.by_status[200] += 1;
        parts[1].outcome.by_status[503] += 1;
        struct transfer transfer = {.error = CLIENT_RESET};
        outcome_count(&parts[1].outcome, &transfer);
        transfer.error = CLIENT_TIMEOUT;
        outcome_count(&parts[2].outcome, &transfer);
        transfer.error = CLIENT_RESET;
        outcome_count(&parts[2].outcome, &transfer);
        parts[2].n_script_errors++;
        parts[0].n_interrupted++;
        merge_all();
    }
    assert_int_equal(whole.outcome.by_status[200], 9);
    assert_int_equal(whole.outcome.by_status[503], 3);
    assert_int_equal(whole.outcome.n_errors, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(whole.outcome.errors[i].count,
                         whole.outcome.errors[i].error == CLIENT_RESET ? 6 : 3);
    assert_int_equal(whole.n_script_errors, 3);
    assert_int_equal(whole.n_interrupted, 3);
}

static void fill_selector(struct selector *selector, const char *text)
{
    struct err err = {""};
    assert_true(selector_parse(selector, text, &err));
}

/* A sub-metric of a metric that is defined later, in each part; those of the
 * whole are there at once, recorded or not. */
static void merges_sub_metrics(void **state)
{
    (void)state;
    static struct selector selectors[3];
    fill_selector(&selectors[0], "http_reqs{check:a}");
    fill_selector(&selectors[1], "mine{check:a}");
    fill_selector(&selectors[2], "mine{check:nobody}");
    struct metric *mine[N_PARTS];
    for (int i = 0; i < N_PARTS; i++) {
        assert_true(metrics_watch(&parts[i].metrics, selectors, 3));
        mine[i] = define(&parts[i], "mine", METRIC_TREND);
    }
    assert_true(metrics_watch(&whole.metrics, selectors, 3));
    struct tags a = {.check = "a"}, b = {.check = "b"};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N_PARTS; i++) {
            metrics_add(&parts[i].metrics, METRIC_HTTP_REQS, 1, &a);
            metrics_add(&parts[i].metrics, METRIC_HTTP_REQS, 1, &b);
            metrics_add(&parts[i].metrics, METRIC_HTTP_REQS, 1, NULL);
            metric_add(mine[i], i, i == 0 ? &a : &b);
        }
        merge_all();
    }
    assert_true(whole.metrics.all[METRIC_HTTP_REQS]->sum == 27);
    assert_true(metrics_select(&whole.metrics, &selectors[0])->sum == 9);
    assert_int_equal(metrics_find(&whole.metrics, "mine")->values.count, 9);
    assert_int_equal(metrics_select(&whole.metrics, &selectors[1])->count, 3);
    assert_false(metrics_select(&whole.metrics, &selectors[2])->used);
    /* "mine", its two, one of http_reqs and k6's own */
    assert_int_equal(whole.metrics.n, METRIC_N_BUILT_IN + 5);
}

static const struct endpoint *find_endpoint(const char *name)
{
    for (uint32_t i = 0; i < whole.endpoints.n; i++)
        if (strcmp(whole.endpoints.all[i].name, name) == 0)
            return &whole.endpoints.all[i];
    return NULL;
}

static void merges_and_bounds_endpoints(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 700; k++) {
            char name[32];
            snprintf(name, sizeof name, "part %d url %d", i, k);
            endpoints_count(&parts[i].endpoints, name, strlen(name), false, 1);
            endpoints_count(&parts[i].endpoints, "data", 4, k % 2 == 0, k);
        }
    assert_false(parts[0].endpoints.overflowed);
    merge_all();
    assert_true(whole.endpoints.overflowed);
    assert_true(whole.endpoints.n <= ENDPOINTS_MAX + 1);
    assert_int_equal(find_endpoint("data")->n_requests, 1400);
    assert_int_equal(find_endpoint("data")->n_failed, 700);
    assert_int_equal(find_endpoint("data")->duration.count, 1400);
    assert_true(find_endpoint("data")->duration.greatest == 699);
    uint64_t n = 0;
    for (uint32_t i = 0; i < whole.endpoints.n; i++)
        n += whole.endpoints.all[i].n_requests;
    assert_int_equal(n, 2800);
    assert_int_equal(find_endpoint("other")->n_requests,
                     1400 - (ENDPOINTS_MAX - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(adds_up_built_in_metrics, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(matches_a_scripts_metrics_by_name,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_gauge_takes_the_latest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_name_to_one_kind, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(adds_up_checks_by_group, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bounds_checks_of_all_together, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(adds_up_outcomes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merges_sub_metrics, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merges_and_bounds_endpoints, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
