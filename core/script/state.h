/* state.h -- makes Lua states: standard libraries and ours, the search path,
 * the names of C functions told to the sampler.
 */
#ifndef SCRIPT_STATE_H
#define SCRIPT_STATE_H

#include "base/err.h"

struct lua_State;

/* A state in which `require` also finds DIR/?.lua and DIR/?/init.lua (dir
 * may be NULL) and the modules of core/script. NULL and err when out of
 * memory. */
struct lua_State *script_state_new(const char *dir, struct err *err);
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
