/* run_state.h -- lets profiles look at the coroutines of the script that
 * `perilune run` runs.
 *
 * Only the script's thread may look at them. When a signal ends the run, the
 * profiles are written by another thread while the script still runs: that
 * thread sends a signal to the script's thread, whose handler arms a hook, and
 * the hook answers at the next instruction. The script's own hook is lost, for
 * the process ends then.
 *
 * Path: run_profiles.c -> [run_state] -> record/gathering.c
 */
#ifndef CLI_RUN_STATE_H
#define CLI_RUN_STATE_H

#include <stdbool.h>

#include "base/err.h"

struct gathering;
struct lua_State;

/* Takes the state of the script, before it runs. `on_close` is called before
 * the state is closed. If `tracks`, the state keeps track of its coroutines.
 * Returns false and sets err if out of memory. [the script's thread, once] */
bool run_state_open(struct lua_State *L, bool tracks, void (*on_close)(void),
                    struct err *err);

/* Calls gathering->take for the state. On a thread that is not the script's,
 * the function waits until the script's thread has made the call,
 * GATHERING_MAX_NS at most. Returns false if that thread has not begun the call
 * in this time, because it is in a C function. May not be called by two threads
 * at once. */
bool run_state_gather(struct gathering *gathering);

/* Answers the question for which another thread waits in run_state_gather, if
 * there is one. [the script's thread] */
void run_state_answer(void);

#endif
