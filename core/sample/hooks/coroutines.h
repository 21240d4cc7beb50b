/* coroutines.h -- knows all coroutines of a state, and what those are at that
 * do not run.
 *
 * They are the keys of a weak table in the registry, to which lua_newthread
 * adds: the collector's own list must not be walked.
 *
 * Path: lua_api.c -> [coroutines] -> tally.c
 */
#ifndef SAMPLE_HOOKS_COROUTINES_H
#define SAMPLE_HOOKS_COROUTINES_H

#include <stdint.h>

#include "sample/walk/sample.h"

struct lua_State;
struct tally;

/* Know the coroutines that this state makes from now on. May raise. */
void coroutines_track(struct lua_State *L);

/* Give back the room of those that are gone: a table of Lua's does not shrink
 * by itself. May raise. */
void coroutines_compact(struct lua_State *L);

/* The coroutine on top of L's stack was just made. May raise. [lua_api.c] */
void coroutines_add(struct lua_State *L);

struct coroutine_origin {
    int64_t number; /* from 1; no two of the process have the same */
    uint32_t maker; /* the frame of Lua that made it; FRAME_FULL: none */
};

/* Call `visit` for each. It may neither raise nor make coroutines. */
typedef void (*coroutine_visit_fn)(void *ctx, struct lua_State *co,
                                   const struct coroutine_origin *origin);
void coroutines_each(struct lua_State *L, coroutine_visit_fn visit, void *ctx);

/* In which state a coroutine is: "suspended" in a yield, "not started";
 * NULL: it runs, has resumed another one, or is over. */
const char *coroutine_state(struct lua_State *co);

/* Its stack, leaf first. It must not run. Returns the number of frames; 0 when
 * out of memory. */
enum { COROUTINE_MAX_FRAMES = SAMPLE_MAX_LUA + 1 };
unsigned coroutine_frames(struct lua_State *co,
                          uint32_t frames[COROUTINE_MAX_FRAMES]);

/* Add its stack to a tally, above it the frame `leaf` (frames.h; FRAME_FULL:
 * none). It must not run. */
void coroutine_add(struct lua_State *co, uint32_t leaf, uint32_t labels,
                   int64_t count, int64_t weight, struct tally *tally);

#endif
