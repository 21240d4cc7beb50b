/* module_shared_array.h -- loadtest.SharedArray: data that a script makes once
 * and all virtual users read.
 */
#ifndef LOAD_MODULE_SHARED_ARRAY_H
#define LOAD_MODULE_SHARED_ARRAY_H

struct lua_State;

/* Put SharedArray into the table on top of the stack. May raise. */
void module_shared_array_add_functions(struct lua_State *L);

#endif
