/* c_names.h -- the names that C functions have for Lua: "string.format".
 * Filled by sampler_learn_names (sampler.h). [any thread, not in a handler] */
#ifndef SAMPLE_TABLES_C_NAMES_H
#define SAMPLE_TABLES_C_NAMES_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* The name of `c`; false when no library is known to export it. */
bool c_names_get(lua_CFunction c, char *out, size_t size);

/* Is it known? */
bool c_names_has(lua_CFunction c);

#endif
