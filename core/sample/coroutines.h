/* coroutines.h -- knows all coroutines of a state, and what those are at that
 * do not run.
 *
 * They are the keys of a weak table in the registry, to which lua_newthread
 * adds: the collector's own list must not be walked.
 *
 * Path: lua_api.c -> [coroutines] -> tally.c
 */
#ifndef SAMPLE_COROUTINES_H
#define SAMPLE_COROUTINES_H

#include <stdint.h>

struct lua_State;
struct tally;

/* Know the coroutines that this state makes from now on. May raise. */
void coroutines_track(struct lua_State *L);

/* The coroutine on top of L's stack was just made. May raise. [lua_api.c] */
void coroutines_add(struct lua_State *L);

/* Call `visit` for each. It may neither raise nor make coroutines. */
void coroutines_each(struct lua_State *L,
                     void (*visit)(void *ctx, struct lua_State *co), void *ctx);

/* In which state a coroutine is: "suspended" in a yield, "not started";
 * NULL: it runs, has resumed another one, or is over. */
const char *coroutine_state(struct lua_State *co);

/* Add its stack to a tally, above it the frame `leaf` (frames.h; FRAME_FULL:
 * none). It must not run. */
void coroutine_add(struct lua_State *co, uint32_t leaf, uint32_t labels,
                   int64_t count, int64_t weight, struct tally *tally);

#endif
