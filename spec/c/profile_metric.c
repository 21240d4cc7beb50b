/* profile_metric.c -- tests of target/profile_metric.c: each aggregation on a
 * profile whose sums are known, and each question that makes no sense. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "target/profile_metric.h"
#include "target/request_baggage.h"
#include "profile/profile.h"

static uint32_t add_string(struct profile *p, const char *s)
{
    return profile_string(p, s, strlen(s));
}

static uint32_t add_location(struct profile *p, uint64_t address,
                             const char *name)
{
    struct profile_function f = {.name = add_string(p, name)};
    struct profile_line line = {.function = profile_add_function(p, &f)};
    struct profile_location l = {
        .address = address, .lines = &line, .n_lines = 1};
    return profile_add_location(p, &l);
}

/* A function of the script, `hot`, 60 itself and 20 in memmove; `cold`, which
 * calls it half of the time, 20. */
static struct profile *make(const char *type)
{
    struct profile *p = profile_new();
    profile_add_sample_type(p, "alloc_objects", "count");
    profile_add_sample_type(p, type, "some");
    uint32_t hot = add_location(p, 0, "hot"), cold = add_location(p, 0, "cold"),
             memmove = add_location(p, 0x10, "memmove");
    const uint32_t stacks[4][3] = {
        {hot}, {hot, cold}, {memmove, hot, cold}, {cold}};
    static const uint32_t depths[] = {1, 2, 3, 1};
    static const int64_t values[] = {40, 20, 20, 20};
    static const char *const endpoints[] = {"a", "a", "b", "b"};
    for (int i = 0; i < 4; i++) {
        struct profile_label label = {.key =
                                          add_string(p, REQUEST_BAGGAGE_NAME),
                                      .str = add_string(p, endpoints[i])};
        int64_t both[] = {1, values[i]};
        struct profile_sample sample = {stacks[i], depths[i], &label, 1, both};
        assert_true(profile_add_sample(p, &sample));
    }
    return p;
}

static const struct {
    const char *type;
    struct profile_question question;
    double value;
} answers[] = {
    {"cpu", {"profile_cpu", "hot", NULL, "share"}, 0.8},
    {"cpu", {"profile_cpu", "cold", NULL, "share"}, 0.2},
    {"cpu", {"profile_cpu", "cold", NULL, "cum_share"}, 0.6},
    {"cpu", {"profile_cpu", "memmove", NULL, "share"}, 0.2},
    {"cpu", {"profile_cpu", "hot", "a", "share"}, 1},
    {"cpu", {"profile_cpu", "hot", "b", "share"}, 0.5},
    {"inuse_space", {"profile_heap", "cold", NULL, "share"}, 0.2},
    {"delay", {"profile_mutex", "hot", NULL, "share"}, 0.8},
    {"alloc_space", {"profile_alloc_bytes", NULL, NULL, "per_request"}, 25},
    {"alloc_space", {"profile_alloc_bytes", "hot", NULL, "per_request"}, 20},
    {"alloc_space", {"profile_alloc_bytes", "hot", NULL, "share"}, 0.8},
    {"alloc_space", {"profile_allocs", "hot", NULL, "share"}, 0.8},
};

static void values_are_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct profile *p = make(answers[i].type);
        struct profile_answer answer;
        struct err err = {""};
        if (!profile_metric_evaluate(&answers[i].question, p, 4, &answer, &err))
            fail_msg("%zu: %s", i, err.message);
        assert_true(answer.value > answers[i].value - 1e-12 &&
                    answer.value < answers[i].value + 1e-12);
        assert_string_equal(answer.note, "");
        profile_free(p);
    }
}

static void absent_function_has_nothing(void **state)
{
    (void)state;
    struct profile *p = make("cpu");
    struct profile_answer answer = {.value = 1};
    struct profile_question question = {"profile_cpu", "hott", NULL, "share"};
    assert_true(profile_metric_evaluate(&question, p, 4, &answer, NULL));
    assert_true(answer.value == 0);
    assert_string_equal(answer.note,
                        "the profile has no function 'hott'; the first are "
                        "hot, cold, memmove");
    profile_free(p);
}

static const struct {
    struct profile_question question;
    const char *message;
} senseless[] = {
    {{"profile_gpu", "f", NULL, "share"},
     "unknown metric 'profile_gpu': after 'profile_' comes alloc_bytes or a "
     "kind of profile: cpu, heap, allocs, wall, block, mutex, goroutine, "
     "threadcreate"},
    {{"profile_", "f", NULL, "share"}, "unknown metric 'profile_'"},
    {{"profile_cpu", "f", NULL, "p(95)"},
     "'profile_cpu': unknown aggregation 'p(95)'; profile_cpu has "
     "share, cum_share"},
    {{"profile_cpu", "f", NULL, "per_request"}, "unknown aggregation"},
    {{"profile_alloc_bytes", NULL, NULL, "max"},
     "'profile_alloc_bytes': unknown aggregation 'max'; "
     "profile_alloc_bytes has share, cum_share, per_request"},
    {{"profile_cpu", NULL, NULL, "share"},
     "'profile_cpu': share needs a function, as in "
     "'profile_cpu{function:string.format}'"},
    {{"profile_alloc_bytes", NULL, "data", "per_request"}, "no tag 'name'"},
};

static void senseless_questions_are_refused(void **state)
{
    (void)state;
    struct profile *p = make("alloc_space");
    for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++) {
        struct profile_answer answer;
        struct err err = {""}, again = {""};
        const struct profile_question *question = &senseless[i].question;
        assert_false(profile_metric_check(question, &err));
        if (!strstr(err.message, senseless[i].message))
            fail_msg("%s", err.message);
        assert_false(profile_metric_evaluate(question, p, 4, &answer, &again));
        assert_string_equal(err.message, again.message);
    }
    profile_free(p);
}

static void lacking_values_are_said(void **state)
{
    (void)state;
    struct profile *p = make("cpu");
    struct profile_answer answer;
    struct err err = {""};
    struct profile_question allocs = {"profile_alloc_bytes", NULL, NULL,
                                      "per_request"};
    assert_false(profile_metric_evaluate(&allocs, p, 4, &answer, &err));
    assert_string_equal(err.message,
                        "the profile has no values of type 'alloc_space'");
    profile_free(p);
    p = make("alloc_space");
    assert_false(profile_metric_evaluate(&allocs, p, 0, &answer, &err));
    assert_string_equal(err.message,
                        "no request finished while the profile was taken");
    profile_free(p);
}

static void kinds_that_answer(void **state)
{
    (void)state;
    const struct profile_kind *kinds[PROFILE_N_KINDS];
    struct profile_question question = {"profile_wall", "f", NULL, "share"};
    assert_int_equal(profile_metric_kinds(&question, kinds), 1);
    assert_ptr_equal(kinds[0], &profile_kind_wall);
    question.metric = "profile_alloc_bytes";
    assert_int_equal(profile_metric_kinds(&question, kinds), 2);
    assert_ptr_equal(kinds[0], &profile_kind_heap);
    assert_ptr_equal(kinds[1], &profile_kind_allocs);
    assert_true(profile_metric_is("profile_x"));
    assert_false(profile_metric_is("http_req_duration"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right),
        cmocka_unit_test(absent_function_has_nothing),
        cmocka_unit_test(senseless_questions_are_refused),
        cmocka_unit_test(lacking_values_are_said),
        cmocka_unit_test(kinds_that_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
