/* ready.h -- what is due, to be run once the loop has looked at its sockets.
 *
 * libuv runs a timer that is set for at once, or has become due meanwhile, in
 * the same pass over its timers: a task that sleeps for no time again and
 * again, or two that compute for longer than they sleep, would never let it
 * come to anything else. So timers only put things here, and each turn of the
 * loop runs what was there when it began.
 *
 * Everything here belongs to the thread of the loop.
 *
 * Path: timer.c, scheduler.c -> [ready] -> scheduler.c
 */
#ifndef SCRIPT_READY_H
#define SCRIPT_READY_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"

/* Part of what is to run. Zeroed before it is used. */
struct ready_entry {
    void (*run)(struct ready_entry *entry);
    struct list_link in_ready;
};

struct ready;

/* NULL when out of memory. [any thread] */
struct ready *ready_new(void);

void ready_start(struct ready *ready, uv_loop_t *loop);

/* Nothing is in it any more. Its memory goes when the loop runs on;
 * without ready_start at once, on any thread. */
void ready_close(struct ready *ready);

/* Run it in this turn of the loop or the next; once, if it is there already. */
void ready_add(struct ready *ready, struct ready_entry *entry);

/* Do not, if it is there. */
void ready_remove(struct ready_entry *entry);

#endif
