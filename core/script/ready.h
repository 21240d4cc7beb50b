/* ready.h -- runs the work that is due after the loop has polled its sockets.
 *
 * libuv runs a timer that is set for "now", or has become due meanwhile, in the
 * same pass over its timers. A task that sleeps for no time again and again, or
 * two tasks that compute for longer than they sleep, would keep the loop in
 * that pass for ever. So a timer only puts an entry here, and each turn of the
 * loop runs the entries that were here when the turn began.
 *
 * Everything here belongs to the loop's thread unless a contract says
 * otherwise.
 *
 * Path: timer.c, scheduler.c -> [ready] -> scheduler.c
 */
#ifndef SCRIPT_READY_H
#define SCRIPT_READY_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"

/* Part of a struct that is to be run. All zeros, except `run`, before its first
 * use. */
struct ready_entry {
    void (*run)(struct ready_entry *entry);
    struct list_link in_ready;
};

struct ready;

/* Makes an empty list. Returns NULL if out of memory. [any thread] */
struct ready *ready_new(void);

/* Runs entries on this loop from now on. */
void ready_start(struct ready *ready, uv_loop_t *loop);

/* Frees the list, which must be empty. The loop must run on afterwards, because
 * it frees the memory. Before ready_start the memory is freed at once, and any
 * thread may call this. */
void ready_close(struct ready *ready);

/* Runs the entry once, in this turn of the loop or the next. Does nothing if
 * the entry is in the list already. */
void ready_add(struct ready *ready, struct ready_entry *entry);

/* Takes the entry out of the list, if it is there. */
void ready_remove(struct ready_entry *entry);

#endif
