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

struct buf;
struct config;
struct generator;
struct lua_State;
struct vu;

/* Make the generator's Lua state, and run the chunk of load->script once. 0,
 * or the exit code and err. */
int vu_script_load(struct generator *generator, struct err *err);

/* Read the script's `options` into the configuration. 0, or the exit code and
 * err. */
int vu_script_read_options(struct generator *generator, struct config *config,
                           struct err *err);

/* Has the script the functions that the scenarios name? */
bool vu_script_check(struct generator *generator, const struct config *config,
                     struct err *err);

/* Has it a function of this name? */
bool vu_script_has(struct generator *generator, const char *name);

/* Push the script's field onto `L`, the generator's state or one of its
 * coroutines; its type. */
int vu_script_push_field(struct generator *generator, struct lua_State *L,
                         const char *name);

/* What setup returned (script/value.h), to be handed to each iteration. */
bool vu_script_take_data(struct generator *generator, const struct buf *data,
                         struct err *err);

/* The virtual user whose function runs on `L` now, from which it may yield.
 * NULL and *why when there is none. */
struct vu *vu_script_current(struct generator *generator, struct lua_State *L,
                             const char **why);

/* Say that the yield that follows is a wait. */
void vu_script_wait(struct vu *vu);

/* Go on. From the loop. */
void vu_script_wake(struct vu *vu);

#endif
