/* entry.h -- tells the sampler which Lua state runs on the calling thread.
 *
 * The entries of a thread form a chain, innermost first. A stack walk reads the
 * innermost coroutine, then goes on in the state that resumed it:
 *
 *   thread's record: active -> entry of coroutine B    on the C stack of the
 *                                 | outer               lua_resume of B
 *                              entry of coroutine A    ... of the lua_resume
 *                                 | outer               of A
 *                              entry of main state     ... of script_call
 *
 * lua_resume (hooks/lua_api.c) makes an entry for each coroutine;
 * script/call.c makes one around lua_pcall. On a thread that is not watched
 * there is no chain.
 *
 * Path: lua_api.c, script/call.c -> [entry] -> safepoint.h
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
 * entry the innermost one again. Called on the thread of entry_begin, also when
 * Lua has raised an error. */
void entry_end(struct entry *entry);

#endif
