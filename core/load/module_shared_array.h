/* module_shared_array.h -- loadtest.SharedArray: data that a script makes once
 * per generator and all virtual users of the generator read.
 *
 * Path: module_loadtest.c -> [module_shared_array]
 */
#ifndef LOAD_MODULE_SHARED_ARRAY_H
#define LOAD_MODULE_SHARED_ARRAY_H

struct lua_State;

/* Adds SharedArray to the table on top of the stack. May raise. */
void module_shared_array_add_functions(struct lua_State *L);

#endif
