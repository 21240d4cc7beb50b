/* coroutines.h -- knows every coroutine of a Lua state, and reads the stacks of
 * those that do not run.
 *
 * The registry of each tracked state holds a weak table whose keys are the
 * coroutines; lua_newthread adds to it. The collector's own list of objects
 * cannot be used, because the API gives no safe access to it.
 *
 *     table[coroutine] = number << 24 | frame that made it
 *
 * All functions run on the thread that runs the state.
 *
 * Path: lua_api.c -> [coroutines] -> tally.c
 */
#ifndef SAMPLE_HOOKS_COROUTINES_H
#define SAMPLE_HOOKS_COROUTINES_H

#include <stdint.h>

#include "sample/walk/sample.h"

struct lua_State;
struct tally;

/* Makes the table of a state, so that the coroutines made from now on are
 * known. May raise a Lua error. */
void coroutines_track(struct lua_State *L);

/* Replaces the table by one of the right size, because a Lua table does not
 * shrink when keys go. May raise a Lua error. */
void coroutines_compact(struct lua_State *L);

/* Adds the coroutine on top of L's stack, which was just made. Does nothing if
 * the state is not tracked. May raise a Lua error. Called by lua_newthread. */
void coroutines_add(struct lua_State *L);

struct coroutine_origin {
    int64_t number; /* from 1, unique in the process */
    uint32_t maker; /* frame (frames.h) of the Lua function that made it;
                       FRAME_FULL: not known */
};

/* Calls `visit` for each coroutine. `visit` must neither raise an error nor
 * make a coroutine. */
typedef void (*coroutine_visit_fn)(void *ctx, struct lua_State *co,
                                   const struct coroutine_origin *origin);
void coroutines_each(struct lua_State *L, coroutine_visit_fn visit, void *ctx);

/* Returns "suspended" if the coroutine has yielded and "not started" if it has
 * not run yet. Returns NULL if it runs, has resumed another coroutine or has
 * ended. */
const char *coroutine_state(struct lua_State *co);

/* Writes the stack of a coroutine that does not run, as ids of frames.h, leaf
 * first. Returns the number of frames, 0 if out of memory. */
enum { COROUTINE_MAX_FRAMES = SAMPLE_MAX_LUA + 1 };
unsigned coroutine_frames(struct lua_State *co,
                          uint32_t frames[COROUTINE_MAX_FRAMES]);

/* Adds the stack of a coroutine that does not run to a tally, with the frame
 * `leaf` on top unless `leaf` is FRAME_FULL. Adds nothing if out of memory. */
void coroutine_add(struct lua_State *co, uint32_t leaf, uint32_t labels,
                   int64_t count, int64_t weight, struct tally *tally);

#endif
