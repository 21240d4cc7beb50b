/* state.h -- makes Lua states.
 *
 * A state has Lua's standard libraries, the modules that its maker lists, an
 * allocator that counts and samples (vm_heap.h), and the names of its C
 * functions registered with the sampler. A state belongs to one thread at a
 * time; functions run on the thread that has the state, unless they say
 * otherwise.
 *
 * Path: handler/app.c, load/vu_script.c, export/exporter.c -> [state]
 */
#ifndef SCRIPT_STATE_H
#define SCRIPT_STATE_H

#include "base/err.h"

struct lua_State;
struct luaL_Reg;

/* Makes a state in which `require` finds the C modules of the list `modules`,
 * whose last entry has a NULL name, and the files DIR/?.lua and
 * DIR/?/init.lua unless `dir` is NULL. The list must live as long as the state.
 * Returns NULL and sets err if out of memory. The caller frees the state with
 * script_state_free. [any thread] */
struct lua_State *script_state_new(const char *dir,
                                   const struct luaL_Reg *modules,
                                   struct err *err);

/* Closes the state, which runs its finalizers, and frees its memory. */
void script_state_free(struct lua_State *L);

/* Returns the list that the state was made with, for a state that is made on
 * the script's behalf (os_thread.h). */
const struct luaL_Reg *script_state_modules(struct lua_State *L);

/* Collects all garbage of the state. An error in a finalizer is logged. */
void script_state_collect(struct lua_State *L);

/* Returns the counters of the state's memory. Any thread may read them while
 * the state lives. */
struct vm_heap;
const struct vm_heap *script_state_heap(struct lua_State *L);

/* Makes `require` search the folder `dir` before all others. Returns false and
 * sets err if out of memory. */
bool script_add_dir(struct lua_State *L, const char *dir, struct err *err);

/* Makes `require "name"` call `open`, for a module that is not in the list of
 * the state's maker. May raise a Lua error. */
void script_preload(struct lua_State *L, const char *name,
                    int (*open)(struct lua_State *));

/* Loads the file and calls it with the `nargs` values on top of the stack,
 * which it removes. Pushes `nresults` results. Returns false, pushes nothing
 * and sets err if the file cannot be read or compiled, or raises an error. The
 * chunk is named after `path` as given, so that messages say FILE:LINE. */
bool script_run_file(struct lua_State *L, const char *path, int nargs,
                     int nresults, struct err *err);

#endif
