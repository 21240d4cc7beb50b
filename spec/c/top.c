/* top.c -- tests of profile/top.c on stacks whose sums are known. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "profile/profile.h"
#include "profile/top.h"

static const struct top_filter ALL = {NULL, NULL};

static uint32_t add_string(struct profile *p, const char *s)
{
    return profile_string(p, s, strlen(s));
}

/* `names`: innermost (inlined) first. Address 0, or from 2^47 on: of a script.
 */
static uint32_t add_location(struct profile *p, uint64_t address,
                             const char *const *names, uint32_t n)
{
    struct profile_line lines[4];
    for (uint32_t i = 0; i < n; i++) {
        struct profile_function f = {.name = add_string(p, names[i])};
        lines[i] = (struct profile_line){
            .function = profile_add_function(p, &f), .line = 1};
    }
    struct profile_location l = {
        .address = address, .lines = lines, .n_lines = n};
    return profile_add_location(p, &l);
}

/* A C function that scripts call by another name than its symbol. */
static uint32_t add_c(struct profile *p, uint64_t address, const char *name,
                      const char *symbol)
{
    struct profile_mapping m = {.start = 1, .limit = 0x1000};
    struct profile_function f = {.name = add_string(p, name),
                                 .system_name = add_string(p, symbol)};
    struct profile_line line = {.function = profile_add_function(p, &f)};
    struct profile_location l = {.mapping = profile_add_mapping(p, &m),
                                 .address = address,
                                 .lines = &line,
                                 .n_lines = 1};
    return profile_add_location(p, &l);
}

static uint32_t add_one(struct profile *p, uint64_t address, const char *name)
{
    return add_location(p, address, &name, 1);
}

/* `locations`: leaf first, ended by 0. */
static void add_sample(struct profile *p, const uint32_t *locations,
                       int64_t value, const char *endpoint)
{
    uint32_t n = 0;
    while (locations[n])
        n++;
    struct profile_label label = {.key = add_string(p, "k6.name"),
                                  .str = add_string(p, endpoint)};
    int64_t values[] = {1, value};
    struct profile_sample sample = {locations, n, &label, endpoint[0] != 0,
                                    values};
    assert_true(profile_add_sample(p, &sample));
}

/* A script's answer calls sort, which calls compare back; memmove works for
 * compare, or for the C function string.format. */
static struct profile *make(void)
{
    struct profile *p = profile_new();
    profile_add_sample_type(p, "samples", "count");
    profile_add_sample_type(p, "cpu", "nanoseconds");
    uint32_t main = add_one(p, 0x10, "main"), answer = add_one(p, 0, "answer"),
             sort = add_one(p, 0, "table.sort"),
             compare = add_one(p, UINT64_C(1) << 52 | 7, "compare"),
             auxsort = add_one(p, 0x20, "auxsort"),
             memmove = add_c(p, 0x30, "memmove", "memmove.isra.0"),
             format = add_c(p, 0x50, "string.format", "str_format"),
             nameless = add_location(p, 0xbeef, NULL, 0);
    uint32_t other_auxsort = add_one(p, 0x28, "auxsort");
    const char *const inlined[] = {"inner", "outer"};
    uint32_t two = add_location(p, 0x40, inlined, 2);

    add_sample(p, (uint32_t[]){compare, auxsort, sort, answer, main, 0}, 10,
               "data");
    add_sample(p,
               (uint32_t[]){memmove, compare, auxsort, sort, answer, main, 0},
               20, "data");
    add_sample(p, (uint32_t[]){auxsort, other_auxsort, sort, answer, main, 0},
               5, "data");
    add_sample(p, (uint32_t[]){memmove, format, answer, main, 0}, 40, "text");
    add_sample(p, (uint32_t[]){nameless, main, 0}, 3, "");
    add_sample(p, (uint32_t[]){two, main, 0}, 2, "");
    assert_false(profile_failed(p));
    return p;
}

static void expect(const struct top *top, const char *name, int64_t flat,
                   int64_t own, int64_t cum)
{
    const struct top_entry *entry = top_find(top, name);
    assert_non_null(entry);
    assert_int_equal(entry->flat, flat);
    assert_int_equal(entry->own, own);
    assert_int_equal(entry->cum, cum);
}

static void sums_are_right(void **state)
{
    (void)state;
    struct profile *p = make();
    struct top top;
    assert_true(top_build(&top, p, 1, ALL, NULL));
    assert_int_equal(top.total, 80);
    expect(&top, "memmove", 60, 60, 60);
    expect(&top, "string.format", 0, 40, 40);
    expect(&top, "compare", 10, 30, 30);
    expect(&top, "table.sort", 0, 5, 35);
    expect(&top, "answer", 0, 0, 75);
    expect(&top, "main", 0, 0, 80);
    expect(&top, "inner", 2, 2, 2);
    expect(&top, "outer", 0, 0, 2);
    expect(&top, "0xbeef", 3, 3, 3);
    assert_null(top_find(&top, "mem"));
    assert_true(top_share(&top, 40) == 0.5);
    top_fini(&top);

    assert_true(top_build(&top, p, 0, ALL, NULL));
    assert_int_equal(top.total, 6);
    expect(&top, "memmove", 2, 2, 2);
    top_fini(&top);
    profile_free(p);
}

/* auxsort is there twice in one stack, by two locations. */
static void recursion_counts_once(void **state)
{
    (void)state;
    struct profile *p = make();
    struct top top;
    assert_true(top_build(&top, p, 1, ALL, NULL));
    expect(&top, "auxsort", 5, 5, 35);
    top_fini(&top);
    profile_free(p);
}

static void order_is_by_own_use(void **state)
{
    (void)state;
    static const char *const names[] = {
        "memmove", "string.format", "compare", "auxsort", "table.sort",
        "0xbeef",  "inner",         "main",    "answer",  "outer"};
    struct profile *p = make();
    struct top top;
    assert_true(top_build(&top, p, 1, ALL, NULL));
    assert_int_equal(top.n, sizeof names / sizeof *names);
    for (uint32_t i = 0; i < top.n; i++)
        assert_string_equal(top.entries[i].name, names[i]);
    top_fini(&top);
    profile_free(p);
}

static void labels_choose_samples(void **state)
{
    (void)state;
    struct profile *p = make();
    struct top top;
    struct top_filter filter = {"k6.name", "data"};
    assert_true(top_build(&top, p, 1, filter, NULL));
    assert_int_equal(top.total, 35);
    expect(&top, "memmove", 20, 20, 20);
    assert_null(top_find(&top, "string.format"));
    top_fini(&top);

    filter.value = "memmove"; /* a string of the profile, but no such label */
    assert_true(top_build(&top, p, 1, filter, NULL));
    assert_int_equal(top.total, 0);
    assert_int_equal(top.n, 0);
    assert_true(top_share(&top, 0) == 0);
    top_fini(&top);

    filter.value = "nowhere in the profile";
    assert_true(top_build(&top, p, 1, filter, NULL));
    assert_int_equal(top.n, 0);
    top_fini(&top);
    profile_free(p);
}

/* Without frames of a script own is flat. */
static void native_stacks_own_what_is_flat(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    profile_add_sample_type(p, "samples", "count");
    profile_add_sample_type(p, "cpu", "nanoseconds");
    struct profile_mapping mapping = {.start = 0, .limit = 0x100};
    uint32_t leaf = add_one(p, 0x10, "leaf"), root = add_one(p, 0x20, "root");
    const char *name = "at address 0 of a mapping";
    struct profile_function f = {.name = add_string(p, name)};
    struct profile_line line = {.function = profile_add_function(p, &f)};
    struct profile_location l = {.mapping = profile_add_mapping(p, &mapping),
                                 .lines = &line,
                                 .n_lines = 1};
    uint32_t zero = profile_add_location(p, &l);
    add_sample(p, (uint32_t[]){leaf, zero, root, 0}, 7, "");
    struct top top;
    assert_true(top_build(&top, p, 1, ALL, NULL));
    expect(&top, "leaf", 7, 7, 7);
    expect(&top, name, 0, 0, 7);
    expect(&top, "root", 0, 0, 7);
    top_fini(&top);
    profile_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(recursion_counts_once),
        cmocka_unit_test(order_is_by_own_use),
        cmocka_unit_test(labels_choose_samples),
        cmocka_unit_test(native_stacks_own_what_is_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
