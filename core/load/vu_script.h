/* vu_script.h -- the behaviour of `perilune load SCRIPT`, for the Lua modules
 * that make a virtual user wait.
 *
 * A module's function calls vu_script_wait, starts something, and yields;
 * when that is done, it is vu_script_wake that goes on.
 */
#ifndef LOAD_VU_SCRIPT_H
#define LOAD_VU_SCRIPT_H

#include <stdbool.h>

struct load;
struct lua_State;
struct vu;

/* The virtual user whose function runs on `L` now, from which it may yield.
 * NULL and *why when there is none. */
struct vu *vu_script_current(struct load *load, struct lua_State *L,
                             const char **why);

/* Say that the yield that follows is a wait. */
void vu_script_wait(struct vu *vu);

/* Go on. From the loop. */
void vu_script_wake(struct vu *vu);

#endif
