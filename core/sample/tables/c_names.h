/* c_names.h -- the names that C functions have for Lua: "string.format".
 * [any thread, not in a handler] */
#ifndef SAMPLE_TABLES_C_NAMES_H
#define SAMPLE_TABLES_C_NAMES_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Learns the names that C functions have in `L`: goes through package.loaded
 * (`string.format`) and the metatables of userdata. Called after libraries are
 * opened in a state; a library that is required later is learned when one of
 * its functions is first seen in a stack. */
void c_names_learn(lua_State *L);

/* The name of `c`; false when no library is known to export it. */
bool c_names_get(lua_CFunction c, char *out, size_t size);

/* Is it known? */
bool c_names_has(lua_CFunction c);

#endif
