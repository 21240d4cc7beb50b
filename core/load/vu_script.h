/* vu_script.h -- the behaviour of `perilune load SCRIPT`: virtual users that
 * run the script's functions in coroutines of one Lua state.
 *
 * A module's function that makes a virtual user wait calls vu_script_wait,
 * starts something, and yields; when that is done, it is vu_script_wake that
 * goes on.
 */
#ifndef LOAD_VU_SCRIPT_H
#define LOAD_VU_SCRIPT_H

#include <stdbool.h>

#include "base/err.h"

struct load;
struct lua_State;
struct vu;

/* load_open_script's work. */
int vu_script_load(struct load *load, const char *path, const char *const *env,
                   struct err *err);

/* Has the script the functions that the scenarios name? */
bool vu_script_check(struct load *load, struct err *err);

/* The virtual user whose function runs on `L` now, from which it may yield.
 * NULL and *why when there is none. */
struct vu *vu_script_current(struct load *load, struct lua_State *L,
                             const char **why);

/* Say that the yield that follows is a wait. */
void vu_script_wait(struct vu *vu);

/* Go on. From the loop. */
void vu_script_wake(struct vu *vu);

#endif
