/* alarm.h -- a timer on a libuv loop with a resolution of microseconds.
 *
 * libuv's own timers count whole milliseconds. At 20,000 iterations a second
 * they would begin 20 iterations in one burst, and the measured latency would
 * be that of the burst. An alarm is a timerfd that the loop polls.
 *
 * Path: arrival.c -> [alarm]
 */
#ifndef LOAD_ALARM_H
#define LOAD_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct alarm {
    int fd; /* a timerfd on CLOCK_MONOTONIC */
    uv_poll_t poll;
    void (*ring)(void *ctx);
    void *ctx;
};

/* Opens the alarm on `loop`, not set. `ring` is called on the loop's thread,
 * once for each alarm_set. Returns false and sets err if the system refuses
 * another timer or descriptor. */
bool alarm_open(struct alarm *alarm, uv_loop_t *loop, void (*ring)(void *ctx),
                void *ctx, struct err *err);

/* Sets the alarm to ring once at `due_ns` of the monotonic clock, or at once if
 * that time has passed. Replaces the time that was set before. [loop's thread]
 */
void alarm_set(struct alarm *alarm, int64_t due_ns);

/* Stops the alarm: it does not ring until it is set again. [loop's thread] */
void alarm_clear(struct alarm *alarm);

/* Closes the alarm. The loop calls `closed` when the memory of the alarm may be
 * freed. */
void alarm_close(struct alarm *alarm, void (*closed)(uv_handle_t *));

#endif
