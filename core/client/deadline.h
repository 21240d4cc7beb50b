/* deadline.h -- deadlines of many requests, at no cost in the steady state.
 *
 * Nearly every deadline is cleared long before it is due. A wheel of lists
 * makes that two stores: no heap, no timer per request. One libuv timer turns
 * the wheel while anything is on it; a deadline expires at most one tick
 * (10 ms) late, never early.
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

/* The deadline has been cleared already. */
typedef void (*deadline_fn)(struct deadline *deadline);

struct deadlines {
    uv_timer_t timer;
    struct list slots[DEADLINE_SLOTS];
    size_t n_set;
    int64_t last_tick; /* the last one whose slot was looked at */
    deadline_fn expired;
};

/* All on the loop's thread. The timer does not keep the loop alive. */
void deadlines_init(struct deadlines *all, uv_loop_t *loop,
                    deadline_fn expired);

/* Close the timer; the memory must stay until the loop has run. */
void deadlines_close(struct deadlines *all);

/* On the monotonic clock. The deadline must not be set. */
void deadline_set(struct deadlines *all, struct deadline *deadline,
                  int64_t due_ns);

/* Does nothing when it is not set. */
void deadline_clear(struct deadlines *all, struct deadline *deadline);

#endif
