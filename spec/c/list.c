/* list.c -- tests of base/list.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

enum { N = 16 };

struct item {
    int number;
    struct list_link link, other_link;
};

/* The list has exactly these numbers, read forwards and backwards. */
static void check(const struct list *list, const int *numbers, size_t n)
{
    size_t i = 0;
    list_each (struct item, item, list, link) {
        assert_true(i < n);
        assert_true(list_is_linked(&item->link));
        assert_int_equal(item->number, numbers[i++]);
    }
    assert_int_equal(i, n);
    assert_int_equal(list_is_empty(list), n == 0);
    const struct list_link *link = list_last(list);
    for (; link && link != &list->end; link = link->prev)
        assert_int_equal(container_of(link, struct item, link)->number,
                         numbers[--i]);
    assert_int_equal(i, 0);
}

static void zeros_are_an_empty_list(void **state)
{
    (void)state;
    struct list list = {0}, to;
    struct item item = {0};
    check(&list, NULL, 0);
    assert_null(list_first(&list));
    assert_null(list_last(&list));
    assert_null(list_take(&list));
    list_move(&list, &to);
    check(&list, NULL, 0);
    check(&to, NULL, 0);
    assert_false(list_is_linked(&item.link));
    list_remove(&item.link);
    assert_false(list_is_linked(&item.link));
}

static void an_emptied_list_is_empty(void **state)
{
    (void)state;
    struct list list = {0}, to;
    struct item item = {.number = 1};
    list_append(&list, &item.link);
    assert_ptr_equal(list_take(&list), &item.link);
    check(&list, NULL, 0);
    assert_null(list_last(&list));
    list_move(&list, &to);
    check(&to, NULL, 0);
    list_prepend(&list, &item.link);
    check(&list, (int[]){1}, 1);
}

static void items_move_with_their_list(void **state)
{
    (void)state;
    struct list from = {0}, to;
    struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    list_append(&from, &items[0].link);
    list_append(&from, &items[1].link);
    list_move(&from, &to);
    check(&from, NULL, 0);
    check(&to, (int[]){0, 1}, 2);
    list_append(&from, &items[2].link);
    list_remove(&items[0].link);
    check(&from, (int[]){2}, 1);
    check(&to, (int[]){1}, 1);
}

static void an_item_is_in_two_lists(void **state)
{
    (void)state;
    struct list list = {0}, other = {0};
    struct item items[2] = {{.number = 0}, {.number = 1}};
    for (int i = 0; i < 2; i++) {
        list_append(&list, &items[i].link);
        list_prepend(&other, &items[i].other_link);
    }
    list_remove(&items[0].link);
    check(&list, (int[]){1}, 1);
    assert_ptr_equal(list_first(&other), &items[1].other_link);
    assert_ptr_equal(list_last(&other), &items[0].other_link);
}

static void the_loop_may_free_its_item(void **state)
{
    (void)state;
    struct list list = {0};
    for (int i = 0; i < N; i++) {
        struct item *item = calloc(1, sizeof *item);
        assert_non_null(item);
        item->number = i;
        list_append(&list, &item->link);
    }
    list_each (struct item, item, &list, link)
        if (item->number % 2 == 0) {
            list_remove(&item->link);
            free(item);
        }
    check(&list, (int[]){1, 3, 5, 7, 9, 11, 13, 15}, N / 2);
    list_each (struct item, item, &list, link) {
        list_remove(&item->link);
        memset(item, 0xff, sizeof *item);
        free(item);
    }
    check(&list, NULL, 0);
}

/* Random insertions and removals, against an array that does the same. */
static void it_does_as_an_array_does(void **state)
{
    (void)state;
    struct list list = {0};
    struct item items[N] = {0};
    int order[N];
    size_t n = 0;
    srand(1);
    for (int i = 0; i < N; i++)
        items[i].number = i;
    for (int round = 0; round < 10000; round++) {
        struct item *item = &items[rand() % N];
        size_t at = 0;
        if (list_is_linked(&item->link)) {
            while (order[at] != item->number)
                at++;
            memmove(order + at, order + at + 1, (--n - at) * sizeof *order);
            list_remove(&item->link);
        } else if (rand() % 2) {
            order[n++] = item->number;
            list_append(&list, &item->link);
        } else {
            memmove(order + 1, order, n++ * sizeof *order);
            order[0] = item->number;
            list_prepend(&list, &item->link);
        }
        check(&list, order, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_are_an_empty_list),
        cmocka_unit_test(an_emptied_list_is_empty),
        cmocka_unit_test(items_move_with_their_list),
        cmocka_unit_test(an_item_is_in_two_lists),
        cmocka_unit_test(the_loop_may_free_its_item),
        cmocka_unit_test(it_does_as_an_array_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
