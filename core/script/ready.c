/* ready.c -- a list that libuv runs once per turn of its loop. */
#include "script/ready.h"

#include <stdlib.h>

struct ready {
    uv_check_t check; /* libuv calls it after it has polled */
    uv_idle_t idle;   /* while it is active, libuv polls without waiting */
    struct list list;
    bool is_started;
};

void ready_remove(struct ready_entry *entry) { list_remove(&entry->in_ready); }

static void keep_loop_awake(uv_idle_t *idle) { (void)idle; }

static void run_ready(uv_check_t *check)
{
    struct ready *ready = check->data;
    struct list now;
    struct list_link *link;
    list_move(&ready->list, &now);
    while ((link = list_take(&now))) {
        struct ready_entry *entry =
            container_of(link, struct ready_entry, in_ready);
        entry->run(entry);
    }
    if (list_is_empty(&ready->list)) {
        uv_check_stop(&ready->check);
        uv_idle_stop(&ready->idle);
    }
}

struct ready *ready_new(void) { return calloc(1, sizeof(struct ready)); }

void ready_start(struct ready *ready, uv_loop_t *loop)
{
    uv_check_init(loop, &ready->check);
    uv_idle_init(loop, &ready->idle);
    ready->check.data = ready->idle.data = ready;
    ready->is_started = true;
}

static void free_closed_ready(uv_handle_t *check) { free(check->data); }

static void close_ready_check(uv_handle_t *idle)
{
    struct ready *ready = idle->data;
    uv_close((uv_handle_t *)&ready->check, free_closed_ready);
}

void ready_close(struct ready *ready)
{
    if (!ready->is_started) {
        free(ready);
        return;
    }
    uv_close((uv_handle_t *)&ready->idle, close_ready_check);
}

void ready_add(struct ready *ready, struct ready_entry *entry)
{
    if (list_is_linked(&entry->in_ready))
        return;
    list_append(&ready->list, &entry->in_ready);
    uv_check_start(&ready->check, run_ready);
    uv_idle_start(&ready->idle, keep_loop_awake);
}
