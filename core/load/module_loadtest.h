/* module_loadtest.h -- `require "loadtest"`: check, group, sleep, fail,
 * abort, env, vu, iteration, and metrics of the script's own.
 */
#ifndef LOAD_MODULE_LOADTEST_H
#define LOAD_MODULE_LOADTEST_H

struct generator;
struct lua_State;

/* Preload it, and `http`, in the state of the generator. May raise. */
void module_loadtest_install(struct lua_State *L, struct generator *generator);

/* For modules beside this one: the generator, from the registry, and as the
 * first upvalue of a function. */
void module_loadtest_push_generator(struct lua_State *L);
struct generator *module_loadtest_generator(struct lua_State *L);

int module_loadtest_open(struct lua_State *L);

#endif
