/* list.h -- a doubly linked list whose links lie inside its items.
 *
 * Putting an item into a list allocates nothing and cannot fail. An item
 * leaves its list in constant time and needs only its own link for that. An
 * item that is in several lists has one link for each of them.
 *
 *     struct server            struct task          struct task
 *    +----------------+       +-------------+      +-------------+
 *    | ...            |       | number      |      | number      |
 *    | struct list    |       | struct      |      | struct      |
 * .->|   tasks.end ---|------>|   list_link |----->|   list_link |--.
 * |  +----------------+  next +-------------+ next +-------------+  |
 * '---------------------------------------------------------- next -'
 *
 * The links form a ring that the end of the list closes, and `prev` points
 * round the same ring the other way. container_of leads from a link to the item
 * around it. A zeroed list is empty and a zeroed link is in no list, so neither
 * needs an initializer. A list that has had an item stays where it is in
 * memory, because its items point to its end.
 *
 * A list has no lock of its own. All functions are async-signal-safe.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The struct of type `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member)                                    \
    ((type *)((char *)(pointer)-offsetof(type, member)))

struct list_link {
    struct list_link *prev, *next; /* NULL: in no list */
};

struct list {
    struct list_link end; /* next: the first item's; prev: the last item's */
};

/* Returns true if the link is in a list. */
static inline bool list_is_linked(const struct list_link *link)
{
    return link->next;
}

/* Returns the link after `link`, or NULL if `link` is the last one. */
static inline struct list_link *list_next(const struct list *list,
                                          const struct list_link *link)
{
    return link->next == &list->end ? NULL : link->next;
}

/* Returns the first link, or NULL if the list is empty. */
static inline struct list_link *list_first(const struct list *list)
{
    return list_next(list, &list->end);
}

/* Returns the last link, or NULL if the list is empty. */
static inline struct list_link *list_last(const struct list *list)
{
    return list->end.prev == &list->end ? NULL : list->end.prev;
}

/* Returns true if the list has no items. */
static inline bool list_is_empty(const struct list *list)
{
    return !list_first(list);
}

/* For list_prepend and list_append: puts `link` behind `prev`, which is in the
 * list or is its end. */
static inline void list_insert_after(struct list_link *prev,
                                     struct list_link *link)
{
    link->prev = prev;
    link->next = prev->next;
    prev->next->prev = link;
    prev->next = link;
}

/* Makes `link`, which is in no list, the first one. */
static inline void list_prepend(struct list *list, struct list_link *link)
{
    if (!list->end.next)
        list->end.prev = list->end.next = &list->end;
    list_insert_after(&list->end, link);
}

/* Makes `link`, which is in no list, the last one. */
static inline void list_append(struct list *list, struct list_link *link)
{
    if (!list->end.next)
        list->end.prev = list->end.next = &list->end;
    list_insert_after(list->end.prev, link);
}

/* Removes the link from its list. Does nothing if the link is in no list. */
static inline void list_remove(struct list_link *link)
{
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

/* Removes the first link. Returns it, or NULL if the list is empty. */
static inline struct list_link *list_take(struct list *list)
{
    struct list_link *link = list_first(list);
    if (link)
        list_remove(link);
    return link;
}

/* Moves all items of `from` to `to`, which must be empty. */
static inline void list_move(struct list *from, struct list *to)
{
    *to = (struct list){{NULL, NULL}};
    if (list_is_empty(from))
        return;
    list_insert_after(&from->end, &to->end);
    list_remove(&from->end);
}

/* For list_each: returns the item around `link`, or NULL if `link` is NULL. */
static inline void *list_item(struct list_link *link, size_t offset)
{
    return link ? (char *)link - offset : NULL;
}

/* Runs the statement that follows for each item, from the first to the last.
 * `item` is a variable of type `type *`, which has its link in `member`. The
 * statement may remove and free `item`, but not the item after it. */
#define list_each(type, item, list, member)                                    \
    for (type *item = list_item(list_first(list), offsetof(type, member)),     \
              *item##_next;                                                    \
         item && (item##_next = list_item(list_next(list, &item->member),      \
                                          offsetof(type, member)),             \
                 true);                                                        \
         item = item##_next)

#endif
