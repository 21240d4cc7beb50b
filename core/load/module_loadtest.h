/* module_loadtest.h -- `require "loadtest"`: check, group, sleep, fail, abort,
 * env, vu, iteration, and metrics of the script's own.
 *
 * The module's functions find their generator in their first upvalue, and the
 * virtual user that calls them in generator->current.
 *
 * Path: vu_script.c -> [module_loadtest] -> module_metric.c,
 * module_shared_array.c
 */
#ifndef LOAD_MODULE_LOADTEST_H
#define LOAD_MODULE_LOADTEST_H

struct generator;
struct lua_State;

/* Preloads `loadtest` and `http` in the generator's Lua state. May raise.
 * [main thread] */
void module_loadtest_install(struct lua_State *L, struct generator *generator);

/* For module_metric.c. The first function pushes the generator from the
 * registry onto the stack of L. The second returns the generator that is the
 * first upvalue of the running C function. */
void module_loadtest_push_generator(struct lua_State *L);
struct generator *module_loadtest_generator(struct lua_State *L);

/* The lua_CFunction that `require "loadtest"` calls. */
int module_loadtest_open(struct lua_State *L);

#endif
