/* c_names.h -- the names that C functions have for Lua, as "string.format".
 *
 * A C function has an address and no Lua name. Its name is the key under which
 * a loaded library, a metatable of userdata or the global table holds it. So
 * the sampler reads these tables of each state and keeps the names for the life
 * of the process, in one table for all states.
 *
 * Path: script/state.c, safepoint.c, vm_stack.c -> [c_names] -> locations.c
 */
#ifndef SAMPLE_TABLES_C_NAMES_H
#define SAMPLE_TABLES_C_NAMES_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Learns the names of the C functions that Lua's library returns and that no
 * table holds: "coroutine.wrap function", "string.gmatch iterator". Called
 * once, at start. */
void c_names_init(void);

/* Learns the names that C functions have in `L`: reads the global table,
 * package.loaded (`string.format`) and the metatables of userdata
 * (`file:read`). Called after libraries are opened in a state. The sampler
 * calls it again when a stack holds a C function that has no name yet, and for
 * a goroutine profile (observe.c), because a script may have required a library
 * meanwhile. Raises no error and runs no metamethod. Needs 8 free slots of the
 * stack, and does nothing if Lua cannot grow the stack by them. [the state's
 * thread, not in a handler] */
void c_names_learn(lua_State *L);

/* Writes the name of `c`, cut to `size` bytes with the NUL. Returns false if no
 * known table holds `c`. [any thread, not in a handler] */
bool c_names_get(lua_CFunction c, char *out, size_t size);

/* Returns true if `c` has a name. [any thread, not in a handler] */
bool c_names_has(lua_CFunction c);

#endif
