/* timer.h -- functions that a script wants called later, each call in a task of
 * its own: scheduler.after, scheduler.every and scheduler.spawn.
 *
 * The registry keeps a timer alive until its last call has begun or it is
 * cancelled; a script may hold the userdata longer. The number of timers, and
 * of tasks that they start, has no bound. Everything here belongs to the loop's
 * thread; before timers_start, to the thread that loads the state.
 *
 * Path: modules/module_scheduler.c -> [timer] -> ready.c -> scheduler.c
 */
#ifndef SCRIPT_TIMER_H
#define SCRIPT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct lua_State;
struct scheduler;
struct timer;

/* The timers of one scheduler. */
struct timers {
    struct scheduler *scheduler;
    struct lua_State *L;
    struct list list; /* timers that are neither over nor cancelled */
    bool is_stopped;  /* by timers_stop */
    bool is_closed;   /* by timers_close */
};

/* Starts the timers that were made before the scheduler had its loop. */
void timers_start(struct timers *timers);

/* Cancels the timers with a delay and refuses new ones. Functions to be called
 * at once (spawn) are still called. */
void timers_stop(struct timers *timers);

/* Cancels all timers and refuses new ones of any kind. */
void timers_close(struct timers *timers);

/* Returns the milliseconds for which libuv must wait so that `seconds` are over
 * for certain. libuv's clock is cut to milliseconds, so a timer may fire up to
 * one millisecond early. */
uint64_t timer_ms(double seconds);

/* Makes the metatable of timers in a state. May raise a Lua error. */
void timer_open(struct lua_State *L);

/* Calls the function on top of the stack after `seconds`. If it `repeats`, the
 * function is called every `seconds`, except while its last call still waits.
 * An error in the function is logged. Replaces the function by the timer, whose
 * method `cancel` ends it. The calls have the labels of the task that makes the
 * timer. May raise a Lua error. */
void timer_new(struct lua_State *L, struct timers *timers, double seconds,
               bool repeats);

#endif
