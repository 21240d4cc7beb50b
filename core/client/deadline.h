/* deadline.h -- deadlines of many requests, cheap to set and to clear.
 *
 * Nearly every deadline is cleared long before it is due. A timer wheel makes
 * both a few stores: deadlines hang in 256 lists by their due tick, and one
 * libuv timer walks the lists, 10 ms a tick, while any deadline is set. A
 * deadline expires never early, and at most one tick late if the loop is free.
 *
 * Path: connection.c -> [deadline] -> connection.c
 */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"

#define DEADLINE_SLOTS 256

struct deadline {
    struct list_link in_slot;
    int64_t due_ns;
};

/* Called when a deadline is due; it is cleared already. */
typedef void (*deadline_fn)(struct deadline *deadline);

struct deadlines {
    uv_timer_t timer;
    struct list slots[DEADLINE_SLOTS];
    size_t n_set;
    int64_t last_tick; /* the last tick that was handled */
    deadline_fn expired;
};

/* All functions are called on the loop's thread. The timer does not keep the
 * loop alive. */
void deadlines_init(struct deadlines *all, uv_loop_t *loop,
                    deadline_fn expired);

/* Closes the timer. The memory must stay until the loop has run. */
void deadlines_close(struct deadlines *all);

/* Sets a deadline that is not set. `due_ns` is on the monotonic clock. */
void deadline_set(struct deadlines *all, struct deadline *deadline,
                  int64_t due_ns);

/* Clears the deadline. Does nothing if it is not set. */
void deadline_clear(struct deadlines *all, struct deadline *deadline);

#endif
