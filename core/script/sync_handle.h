/* sync_handle.h -- the userdata by which a script holds a shared object
 * (sync/object.h). A handle has the object open until Lua collects the handle.
 *
 * Path: modules/mutex_methods.c, reach.c -> [sync_handle] -> sync/object.c
 */
#ifndef SCRIPT_SYNC_HANDLE_H
#define SCRIPT_SYNC_HANDLE_H

#include <lauxlib.h>
#include <stdint.h>

#include "sync/object.h"

/* Makes the metatable `type` with these methods. May raise a Lua error. */
void sync_handle_type(lua_State *L, const char *type, const luaL_Reg *methods);

/* Opens the object that argument 1 names and pushes its handle. Argument 2,
 * unless it is none or nil, is the object's size, from `least` to `most`.
 * Raises a Lua error if an argument is wrong, the object has another size or
 * memory is short. */
void sync_handle_open(lua_State *L, const char *type,
                      const struct sync_class *class, int64_t least,
                      int64_t most);

/* Returns the object of the handle that is argument 1. Raises a Lua error if
 * the argument is no such handle. */
struct sync_object *sync_handle_check(lua_State *L, const char *type);

/* Calls the function that is argument 2 with the arguments behind it, then
 * closes argument 1, whatever the function does. Returns the number of its
 * results. */
int sync_handle_call(lua_State *L);

/* Returns the object of the handle at `index`; NULL if the value there is not
 * the handle of an open object. Does not raise. */
struct sync_object *sync_handle_object(lua_State *L, int index);

/* Returns the seconds to wait at most, from an argument; a negative number,
 * without limit, if the argument is none or nil. Raises a Lua error if the
 * argument is no such time. */
lua_Number sync_check_timeout(lua_State *L, int arg);

#endif
