/* profile.c -- tests of profile/profile.c: equal things are one entry. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

static int set_up(void **state)
{
    struct profile *p = profile_new();
    *state = p;
    if (!p)
        return -1;
    profile_add_sample_type(p, "samples", "count");
    profile_add_sample_type(p, "cpu", "nanoseconds");
    return 0;
}

static int tear_down(void **state)
{
    struct profile *p = *state;
    assert_false(profile_failed(p));
    profile_free(p);
    return 0;
}

static uint32_t add_string(struct profile *p, const char *s)
{
    return profile_string(p, s, strlen(s));
}

static void empty_string_has_id_0(void **state)
{
    struct profile *p = *state;
    size_t len = 1;
    assert_int_equal(profile_string(p, "", 0), 0);
    assert_string_equal(profile_get_string(p, 0, &len), "");
    assert_int_equal(len, 0);
}

static void strings_are_interned(void **state)
{
    struct profile *p = *state;
    uint32_t n = profile_n_strings(p);
    uint32_t a = profile_string(p, "a\0b", 3), b = profile_string(p, "a\0c", 3);
    assert_int_equal(a, n);
    assert_int_equal(b, n + 1);
    assert_int_equal(profile_string(p, "a\0b!", 3), a);
    assert_int_equal(profile_string(p, "a", 1), n + 2);
    assert_int_equal(profile_n_strings(p), n + 3);
    size_t len;
    assert_memory_equal(profile_get_string(p, b, &len), "a\0c", 4);
    assert_int_equal(len, 3);
}

/* Enough of them that every table grows many times. */
static void ids_stay_while_tables_grow(void **state)
{
    struct profile *p = *state;
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 1; i <= 20000; i++) {
            snprintf(name, sizeof name, "function %u", i);
            struct profile_function f = {.name = add_string(p, name)};
            assert_int_equal(profile_add_function(p, &f), i);
            struct profile_line line = {.function = i, .line = i};
            struct profile_location l = {.lines = &line, .n_lines = 1};
            assert_int_equal(profile_add_location(p, &l), i);
        }
    }
    assert_int_equal(profile_n_locations(p), 20000);
    struct profile_location l = profile_get_location(p, 12345);
    uint32_t name_id = profile_get_function(p, l.lines[0].function)->name;
    assert_string_equal(profile_get_string(p, name_id, NULL), "function 12345");
}

static void mappings_differ_by_each_field(void **state)
{
    struct profile *p = *state;
    struct profile_mapping mappings[] = {
        {0},
        {.start = 1},
        {.limit = 1},
        {.offset = 1},
        {.filename = 1},
        {.build_id = 1},
        {.has_functions = true},
        {.has_filenames = true},
        {.has_line_numbers = true},
        {.has_inline_frames = true},
    };
    uint32_t n = sizeof mappings / sizeof *mappings;
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(profile_add_mapping(p, &mappings[i]), i + 1);
    assert_int_equal(profile_n_mappings(p), n);
}

/* Adds a location with lines of these functions; function 0 ends them. */
static void add_to_mapping(struct profile *p, uint32_t mapping,
                           const uint32_t *functions, int64_t line)
{
    struct profile_line lines[4];
    struct profile_location l = {
        .mapping = mapping,
        .address = profile_n_locations(p) + 1,
        .lines = lines,
    };
    for (; functions[l.n_lines]; l.n_lines++)
        lines[l.n_lines] = (struct profile_line){
            .function = functions[l.n_lines], .line = line};
    assert_int_not_equal(profile_add_location(p, &l), 0);
}

static void expect_flags(const struct profile *p, uint32_t mapping,
                         const char *expected)
{
    const struct profile_mapping *m = profile_get_mapping(p, mapping);
    char flags[] = {m->has_functions ? 'f' : '-', m->has_filenames ? 'n' : '-',
                    m->has_line_numbers ? 'l' : '-',
                    m->has_inline_frames ? 'i' : '-', '\0'};
    assert_string_equal(flags, expected);
}

/* A flag is true if it is true of all locations. */
static void flags_are_those_of_the_locations(void **state)
{
    struct profile *p = *state;
    struct profile_function with_file = {.name = add_string(p, "f"),
                                         .filename = add_string(p, "f.c")},
                            with_name = {.name = add_string(p, "g")},
                            without_name = {.filename = add_string(p, "h.c")};
    uint32_t f = profile_add_function(p, &with_file),
             g = profile_add_function(p, &with_name),
             h = profile_add_function(p, &without_name);
    for (uint64_t start = 1; start <= 8; start++)
        profile_add_mapping(p, &(struct profile_mapping){.start = start});
    add_to_mapping(p, 1, (uint32_t[]){f, 0}, 7);
    add_to_mapping(p, 2, (uint32_t[]){f, f, 0}, 7);
    add_to_mapping(p, 3, (uint32_t[]){g, 0}, 7);
    add_to_mapping(p, 4, (uint32_t[]){f, 0}, 7);
    add_to_mapping(p, 4, (uint32_t[]){g, f, 0}, 0);
    add_to_mapping(p, 5, (uint32_t[]){f, 0}, 7);
    add_to_mapping(p, 5, (uint32_t[]){0}, 7);
    add_to_mapping(p, 6, (uint32_t[]){h, 0}, 7);
    add_to_mapping(p, 7, (uint32_t[]){f, 0}, 0);
    add_to_mapping(p, 0, (uint32_t[]){0}, 0);
    for (int round = 0; round < 2; round++) {
        profile_flag_mappings(p);
        const char *const expected[] = {"fnl-", "fnli", "f-l-", "f--i",
                                        "----", "-nl-", "fn--", "----"};
        for (uint32_t i = 0; i < 8; i++)
            expect_flags(p, i + 1, expected[i]);
    }
}

static void functions_differ_by_each_field(void **state)
{
    struct profile *p = *state;
    struct profile_function functions[] = {
        {0},
        {.name = 1},
        {.system_name = 1},
        {.filename = 1},
        {.start_line = 1},
    };
    uint32_t n = sizeof functions / sizeof *functions;
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(profile_add_function(p, &functions[i]), i + 1);
    assert_int_equal(profile_n_functions(p), n);
}

static void locations_differ_by_each_field(void **state)
{
    struct profile *p = *state;
    struct profile_line lines[][2] = {
        {{1, 1, 0}, {2, 1, 0}},
        {{1, 1, 0}, {3, 1, 0}},
        {{1, 1, 0}, {2, 2, 0}},
        {{1, 1, 0}, {2, 1, 1}},
    };
    struct profile_location locations[] = {
        {0},
        {.mapping = 1},
        {.address = 1},
        {.is_folded = true},
        {.lines = lines[0], .n_lines = 1},
        {.lines = lines[0], .n_lines = 2},
        {.lines = lines[1], .n_lines = 2},
        {.lines = lines[2], .n_lines = 2},
        {.lines = lines[3], .n_lines = 2},
    };
    uint32_t n = sizeof locations / sizeof *locations;
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(profile_add_location(p, &locations[i]), i + 1);
    assert_int_equal(profile_n_locations(p), n);
    assert_int_equal(profile_get_location(p, 9).lines[1].column, 1);
}

static void add_sample(struct profile *p, const uint32_t *stack, uint32_t n,
                       const struct profile_label *labels, uint32_t n_labels)
{
    const int64_t values[] = {1, 10};
    struct profile_sample s = {stack, n, labels, n_labels, values};
    assert_true(profile_add_sample(p, &s));
}

static void equal_samples_add_up(void **state)
{
    struct profile *p = *state;
    const uint32_t stack[] = {3, 2, 1};
    for (int i = 0; i < 3; i++) {
        add_sample(p, stack, 3, NULL, 0);
        add_sample(p, stack, 2, NULL, 0);
        add_sample(p, stack + 1, 2, NULL, 0);
    }
    add_sample(p, NULL, 0, NULL, 0);
    assert_int_equal(profile_n_samples(p), 4);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(profile_get_sample(p, i).values[0], 3);
        assert_int_equal(profile_get_sample(p, i).values[1], 30);
    }
    assert_int_equal(profile_get_sample(p, 0).locations[0], 3);
    assert_int_equal(profile_get_sample(p, 2).locations[0], 2);
    assert_int_equal(profile_get_sample(p, 3).n_locations, 0);
}

static void labels_are_a_set(void **state)
{
    struct profile *p = *state;
    const uint32_t stack[] = {1};
    struct profile_label labels[12];
    for (uint32_t i = 0; i < 12; i++)
        labels[i] = (struct profile_label){.key = i + 1, .num = i};
    add_sample(p, stack, 1, labels, 12);
    for (uint32_t i = 0; i < 12; i++)
        labels[i] = (struct profile_label){.key = 12 - i, .num = 11 - i};
    add_sample(p, stack, 1, labels, 12);
    assert_int_equal(profile_n_samples(p), 1);
    assert_int_equal(profile_get_sample(p, 0).values[0], 2);

    struct profile_label others[] = {
        {.key = 1},           {.key = 1, .str = 1},
        {.key = 1, .num = 1}, {.key = 1, .num_unit = 1},
        {.key = 2},
    };
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5; i++)
            add_sample(p, stack, 1, &others[i], 1);
    assert_int_equal(profile_n_samples(p), 6);
    assert_int_equal(profile_get_sample(p, 5).values[0], 2);
}

static void header_is_kept(void **state)
{
    struct profile *p = *state;
    *profile_header(p) = (struct profile_header){.period = 7};
    profile_add_comment(p, "first");
    profile_add_comment(p, "second");
    assert_int_equal(profile_get_header(p)->period, 7);
    assert_int_equal(profile_n_comments(p), 2);
    assert_string_equal(profile_get_string(p, profile_get_comment(p, 1), NULL),
                        "second");
    assert_string_equal(
        profile_get_string(p, profile_get_sample_type(p, 1).unit, NULL),
        "nanoseconds");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_string_has_id_0),
        TEST(strings_are_interned),
        TEST(ids_stay_while_tables_grow),
        TEST(mappings_differ_by_each_field),
        TEST(flags_are_those_of_the_locations),
        TEST(functions_differ_by_each_field),
        TEST(locations_differ_by_each_field),
        TEST(equal_samples_add_up),
        TEST(labels_are_a_set),
        TEST(header_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
