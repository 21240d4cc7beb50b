/* recorded_load.h -- lua_load, which also records the functions of each chunk
 * that it compiles.
 *
 * Each chunk of each state comes through lua_load. While Lua compiles the text,
 * the sampler keeps a copy of it; then it walks the prototypes that came of it,
 * and gives each its record (tables/prototypes.h). A chunk from a string that
 * has no function inside needs none. States without vm_heap.c's allocator have
 * no table, and their functions have no records.
 *
 * Path: lua_api.c -> [recorded_load] -> tables/prototypes.c
 */
#ifndef SAMPLE_HOOKS_RECORDED_LOAD_H
#define SAMPLE_HOOKS_RECORDED_LOAD_H

#include <lua.h>

/* Does what the manual says of lua_load. [the state's thread] */
int recorded_load(lua_State *L, lua_Reader reader, void *data,
                  const char *chunkname, const char *mode);

#endif
