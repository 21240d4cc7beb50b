/* observe.h -- what profiles want to know of tasks: when they run and wait, for
 * those that are open meanwhile; what they are at, for one that asks.
 *
 * Everything here is called on the scheduler's thread.
 *
 * Path: scheduler.c, http/goroutines.c -> [observe] -> sample/
 */
#ifndef SCRIPT_OBSERVE_H
#define SCRIPT_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/session/trace.h"

struct goroutine_dump;
struct scheduler;
struct tally;
struct task;
struct wall_window;

/* A task's wait begins; it is over. */
void observe_wait_begin(struct task *task);
void observe_wait(const struct task *task);

/* A task runs, until the end. It may be gone by then. */
struct observed_run {
    bool is_traced;
    struct trace_event event;
};
void observe_run_begin(struct observed_run *run, const struct task *task);
void observe_run_end(struct observed_run *run);

/* Count what all coroutines of the state are at that do not run, with the
 * labels `coroutine` (its state) and `wait` (what for). */
void observe_count(struct scheduler *scheduler, struct tally *tally);

/* The same, each for itself. */
void observe_dump(struct scheduler *scheduler, struct goroutine_dump *dump);

/* Add what its tasks have waited within the window to a tally, those that wait
 * still (wall.h). */
void observe_waits(struct scheduler *scheduler,
                   const struct wall_window *window, struct tally *tally);

/* Tell the trace of this number (trace.h) what its tasks wait for, those that
 * wait still, and of which requests they are. */
void observe_trace(struct scheduler *scheduler, uint64_t trace);

#endif
