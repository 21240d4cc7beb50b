/* labels.c -- tests of tables/label_values.c: labels from outside stay few. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "sample/tables/label_values.h"
#include "sample/tables/labels.h"

static const char *value_of(uint32_t labels, const char *key)
{
    unsigned n;
    const struct label *set = labels_get(labels, &n);
    for (unsigned i = 0; i < n; i++)
        if (strcmp(set[i].key, key) == 0)
            return set[i].value;
    return NULL;
}

static uint32_t add(uint32_t labels, const char *key, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    return label_values_add(labels, key, text);
}

/* The program's own. */
static uint32_t own(void) { return labels_add(0, "route", "/"); }

static void values_beyond_the_first_are_other(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * LABEL_VALUES_MAX; i++) {
        uint32_t labels = add(own(), "tenant", i);
        if (i < LABEL_VALUES_MAX)
            assert_int_equal(atoi(value_of(labels, "tenant")), i);
        else
            assert_string_equal(value_of(labels, "tenant"), "other");
        assert_string_equal(value_of(labels, "route"), "/");
    }
}

static void sets_are_bounded(void **state)
{
    (void)state;
    uint32_t first = 0, highest = 0;
    for (int i = 0; i < 50 * 50 * 50; i++) {
        uint32_t labels = add(own(), "a", i % 50);
        labels = add(labels, "b", i / 50 % 50);
        labels = add(labels, "c", i / 2500);
        if (i == 0)
            first = labels;
        if (labels > highest)
            highest = labels;
        assert_string_equal(value_of(labels, "route"), "/");
    }
    assert_in_range(highest, LABEL_SETS_MAX / 2, LABEL_SETS_MAX);
    /* Those that are there still are. */
    assert_int_equal(add(add(add(own(), "a", 0), "b", 0), "c", 0), first);
}

/* Last: it uses up the keys. */
static void keys_beyond_the_first_are_left_out(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * LABEL_KEYS_MAX; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        uint32_t labels = label_values_add(own(), key, "x");
        if (i >= LABEL_KEYS_MAX)
            assert_int_equal(labels, own());
    }
    assert_string_equal(label_values_bound("wait", "sleep"), "sleep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_beyond_the_first_are_other),
        cmocka_unit_test(sets_are_bounded),
        cmocka_unit_test(keys_beyond_the_first_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
