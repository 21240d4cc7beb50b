/* entry.h -- tells the sampler which Lua state runs on the calling thread.
 *
 * Entries form a chain, innermost first, from which a stack walk continues out
 * of a coroutine into the state that resumed it. lua_resume (hooks/lua_api.c)
 * makes an entry for each coroutine; script/call.c makes one round lua_pcall.
 */
#ifndef SAMPLE_WALK_ENTRY_H
#define SAMPLE_WALK_ENTRY_H

struct lua_State;

/* Lives on the C stack of the function that enters Lua. */
struct entry {
    struct lua_State *L;
    struct entry *outer; /* the entry that was innermost before; NULL: none */
};

/* Makes `entry` the innermost entry of the calling thread: `L` runs from now
 * on. */
void entry_begin(struct entry *entry, struct lua_State *L);

/* Completes the samples that wait for their Lua stack, then makes the outer
 * entry the innermost one again. */
void entry_end(struct entry *entry);

#endif
