/* alarm.h -- a timer on a libuv loop that keeps time to microseconds; libuv's
 * own count whole milliseconds, which at 20,000 iterations a second would send
 * them in bursts of 20.
 */
#ifndef LOAD_ALARM_H
#define LOAD_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct alarm {
    int fd; /* a timerfd */
    uv_poll_t poll;
    void (*ring)(void *ctx);
    void *ctx;
};

/* `ring` is called on the loop's thread, once for each alarm_set. False and
 * err: the system has no more timers. */
bool alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*ring)(void *ctx),
                void *ctx, struct err *err);

/* Once at `due_ns` of the monotonic clock, or at once if that has passed; in
 * place of what was set before. */
void alarm_set(struct alarm *alarm, int64_t due_ns);
void alarm_clear(struct alarm *alarm);

/* `closed` is called when the struct may be freed. */
void alarm_close(struct alarm *alarm, void (*closed)(uv_handle_t *));

#endif
