#include "script/ready.h"

#include <stdlib.h>

/* libuv calls `check` when it has polled; `idle` keeps it from waiting. */
struct ready {
    uv_check_t check;
    uv_idle_t idle;
    struct ready_entry list; /* a ring, with this as its end */
    bool is_started;
};

static void make_empty(struct ready_entry *list)
{
    list->prev = list->next = list;
}

static bool is_empty(const struct ready_entry *list)
{
    return list->next == list;
}

static void insert_last(struct ready_entry *list, struct ready_entry *entry)
{
    entry->prev = list->prev;
    entry->next = list;
    entry->prev->next = entry->next->prev = entry;
}

void ready_remove(struct ready_entry *entry)
{
    if (!entry->next)
        return;
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    entry->prev = entry->next = NULL;
}

/* Put `to` in the place of `from`, which is empty then. */
static void move_all(struct ready_entry *from, struct ready_entry *to)
{
    make_empty(to);
    if (is_empty(from))
        return;
    *to = *from;
    to->prev->next = to->next->prev = to;
    make_empty(from);
}

static void on_idle(uv_idle_t *idle) { (void)idle; }

static void on_check(uv_check_t *check)
{
    struct ready *ready = check->data;
    struct ready_entry now;
    move_all(&ready->list, &now);
    while (!is_empty(&now)) {
        struct ready_entry *entry = now.next;
        ready_remove(entry);
        entry->run(entry);
    }
    if (is_empty(&ready->list)) {
        uv_check_stop(&ready->check);
        uv_idle_stop(&ready->idle);
    }
}

struct ready *ready_new(void)
{
    struct ready *ready = calloc(1, sizeof *ready);
    if (ready)
        make_empty(&ready->list);
    return ready;
}

void ready_start(struct ready *ready, uv_loop_t *loop)
{
    uv_check_init(loop, &ready->check);
    uv_idle_init(loop, &ready->idle);
    ready->check.data = ready->idle.data = ready;
    ready->is_started = true;
}

static void free_closed(uv_handle_t *check) { free(check->data); }

static void close_check(uv_handle_t *idle)
{
    struct ready *ready = idle->data;
    uv_close((uv_handle_t *)&ready->check, free_closed);
}

void ready_close(struct ready *ready)
{
    if (!ready->is_started) {
        free(ready);
        return;
    }
    uv_close((uv_handle_t *)&ready->idle, close_check);
}

void ready_add(struct ready *ready, struct ready_entry *entry)
{
    if (entry->next)
        return;
    insert_last(&ready->list, entry);
    uv_check_start(&ready->check, on_check);
    uv_idle_start(&ready->idle, on_idle);
}
