/* state.h -- makes Lua states: standard libraries and ours, the search path,
 * the names of C functions told to the sampler.
 */
#ifndef SCRIPT_STATE_H
#define SCRIPT_STATE_H

#include "base/err.h"

struct lua_State;
struct luaL_Reg;

/* Makes a state in which `require` finds the C modules of the list `modules`,
 * whose last entry has a NULL name, and the files DIR/?.lua and
 * DIR/?/init.lua unless `dir` is NULL. The list must live as long as the state.
 * Returns NULL and sets err if out of memory. */
struct lua_State *script_state_new(const char *dir,
                                   const struct luaL_Reg *modules,
                                   struct err *err);

/* Returns the list that the state was made with, for a state that is made on
 * the script's behalf (os_thread.h). */
const struct luaL_Reg *script_state_modules(struct lua_State *L);
void script_state_free(struct lua_State *L);

/* Collect all garbage of it. What fails is logged. */
void script_state_collect(struct lua_State *L);

/* Its memory, as counted. [any thread] */
struct vm_heap;
const struct vm_heap *script_state_heap(struct lua_State *L);

/* `require` finds modules in `dir` before all others. */
bool script_add_dir(struct lua_State *L, const char *dir, struct err *err);

/* Make `require "name"` call `open`. For modules that live above core/script
 * (the load generator's). */
void script_preload(struct lua_State *L, const char *name,
                    int (*open)(struct lua_State *));

/* Load and run the file, leaving `nresults` values. The chunk is named by the
 * path as given, so that messages say file:line. */
bool script_run_file(struct lua_State *L, const char *path, int nargs,
                     int nresults, struct err *err);

#endif
