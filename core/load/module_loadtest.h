/* module_loadtest.h -- `require "loadtest"`: check, group, sleep, fail, env,
 * vu, iteration, and metrics of the script's own.
 */
#ifndef LOAD_MODULE_LOADTEST_H
#define LOAD_MODULE_LOADTEST_H

struct load;
struct lua_State;

/* Preload it, and `http`, in the state of `load`. `env`: see
 * load_open_script. May raise. */
void module_loadtest_install(struct lua_State *L, struct load *load,
                             const char *const *env);

/* For modules beside this one: the load, from the registry, and as the first
 * upvalue of a function. */
void module_loadtest_push_load(struct lua_State *L);
struct load *module_loadtest_load(struct lua_State *L);

int module_loadtest_open(struct lua_State *L);

#endif
