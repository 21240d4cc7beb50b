/* vu_script.h -- the behaviour of `perilune load SCRIPT`: virtual users run the
 * script's functions, each in a coroutine of the generator's Lua state.
 *
 * A module's function that makes a virtual user wait calls vu_script_current,
 * starts the operation, calls vu_script_wait and yields. When the operation is
 * done, its callback calls vu_script_wake, which resumes the coroutine.
 *
 * Path: generator.c, vu.c -> [vu_script] -> module_loadtest.c, vu_http.c
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

/* Makes the generator's Lua state and runs the chunk of load->script once.
 * Returns 0, or the exit code and sets err. [main thread] */
int vu_script_load(struct generator *generator, struct err *err);

/* Reads the script's `options` into the configuration. Returns 0, or the exit
 * code and sets err. [main thread] */
int vu_script_read_options(struct generator *generator, struct config *config,
                           struct err *err);

/* Returns false and sets err if the script lacks a function that a scenario
 * names, or a hook is not a function. [main thread] */
bool vu_script_check(struct generator *generator, const struct config *config,
                     struct err *err);

/* Returns true if the script has a function of this name. [main thread] */
bool vu_script_has(struct generator *generator, const char *name);

/* Pushes the field `name` of the script's table onto the stack of L, which is
 * the generator's state or one of its coroutines. Returns the field's type. */
int vu_script_push_field(struct generator *generator, struct lua_State *L,
                         const char *name);

/* Stores the value that setup returned, as script/value.h writes it; each
 * iteration gets it as its argument. Returns false and sets err if memory is
 * short. [main thread] */
bool vu_script_take_data(struct generator *generator, const struct buf *data,
                         struct err *err);

/* Returns the virtual user whose function runs on `L` and may yield. Returns
 * NULL and sets *why, which completes a message, if there is none or L cannot
 * yield. */
struct vu *vu_script_current(struct generator *generator, struct lua_State *L,
                             const char **why);

/* Marks the yield that follows as a wait of a module. */
void vu_script_wait(struct vu *vu);

/* Resumes the virtual user's function after its wait. Called from the loop. */
void vu_script_wake(struct vu *vu);

#endif
