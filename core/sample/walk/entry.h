/* entry.h -- tells the sampler which Lua state runs on the calling thread.
 *
 * The entries of a thread form a chain, innermost first. A stack walk reads the
 * innermost coroutine, then goes on in the state that resumed it:
 *
 *   thread's record: active -> entry of coroutine B    place: on the C stack,
 *                                 | outer               in the lua_resume of B
 *                              entry of coroutine A    ... of A
 *                                 | outer
 *                              entry of main state     ... in script_call
 *
 * lua_resume (hooks/lua_api.c) makes an entry for each coroutine;
 * script/call.c makes one around lua_pcall. On a thread that is not watched
 * there is no chain.
 *
 * A C module may leave Lua by longjmp or by a C++ exception, over a lua_resume
 * that then never ends its entry. Such an entry is dropped before the chain is
 * used (safepoint_settle). It is known by its place, which lies below the stack
 * pointer, or by the state outside, which is not in the call any more that made
 * the entry. So the entries are in the record: the place may be overwritten
 * before the entry is dropped. A coroutine that is freed takes its entry with
 * it (safepoint_forget_coroutine).
 *
 * Path: lua_api.c, script/call.c -> [entry] -> safepoint.h
 */
#ifndef SAMPLE_WALK_ENTRY_H
#define SAMPLE_WALK_ENTRY_H

#include <stdint.h>

struct lua_State;

/* A call in a Lua state: a frame, as in lua_Debug.i_ci, and the C function that
 * it runs. Lua uses a frame again for other functions. */
struct entry_call {
    const void *ci;
    int (*function)(struct lua_State *L);
};

struct entry {
    struct lua_State *L;
    struct entry *outer; /* the entry that was innermost before; NULL: none */
    uintptr_t place;     /* the address of its struct entry_place */
    struct entry_call call; /* of outer->L, inside which the entry was made */
};

/* Lives on the C stack of the function that enters Lua. */
struct entry_place {
    unsigned depth; /* number of entries, this one included; 0: no entry */
};

/* Adds an entry to the chain of the calling thread, as the innermost one: `L`
 * runs from now on. Adds none if there are ENTRY_MAX. */
void entry_begin(struct entry_place *place, struct lua_State *L);

/* Completes the samples that wait for their Lua stack, then makes the outer
 * entry the innermost one again. Called on the thread of entry_begin, also when
 * Lua has raised an error. */
void entry_end(struct entry_place *place);

/* Lua's limit of C calls, one inside the other, is 200 for a state. */
enum { ENTRY_MAX = 256 };

#endif
