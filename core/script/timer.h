/* timer.h -- functions that a script has called later, each in a task of its
 * own: scheduler.after, every and spawn.
 *
 * A timer is kept alive by the registry until it is over; a script may hold it
 * longer than that.
 *
 * Path: module_scheduler.c -> [timer] -> scheduler.c
 */
#ifndef SCRIPT_TIMER_H
#define SCRIPT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct lua_State;
struct scheduler;
struct timer;

/* Those of one scheduler. */
struct timers {
    struct scheduler *scheduler;
    struct lua_State *L;
    struct list list;
    bool is_quiet, is_closed;
};

/* The scheduler has its loop: begin to count. */
void timers_start(struct timers *timers);

/* Cancel those that are to wait, and take no more of them: what was spawned
 * still runs. */
void timers_quiet(struct timers *timers);

/* Cancel all, and take no more of any kind. */
void timers_close(struct timers *timers);

/* What libuv must wait for `seconds` to be over for certain: its clock is cut
 * to milliseconds, so that a timer may be one early. */
uint64_t timer_ms(double seconds);

/* Set up a state. May raise. */
void timer_open(struct lua_State *L);

/* Call the function on top of the stack after `seconds`, and again and again
 * if it `repeats`, but not while its last call waits. An error goes to the log.
 * Replaces the function with the timer, which has the method cancel. Samples
 * have the labels of the task that sets it. May raise. */
void timer_new(struct lua_State *L, struct timers *timers, double seconds,
               bool repeats);

#endif
