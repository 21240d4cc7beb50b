/* sync_handle.h -- what a script holds of a shared object: a userdata, which
 * has it open.
 *
 * Path: modules/module_sync_*.c, reach.c -> [sync_handle] -> sync/object.c
 */
#ifndef SCRIPT_SYNC_HANDLE_H
#define SCRIPT_SYNC_HANDLE_H

#include <lauxlib.h>
#include <stdint.h>

#include "sync/object.h"

/* Make the metatable `type` with these methods. */
void sync_handle_type(lua_State *L, const char *type, const luaL_Reg *methods);

/* Open the object that argument 1 names; argument 2, unless it is none or nil,
 * is its size, within [least, most]. Pushes the handle. Raises. */
void sync_handle_open(lua_State *L, const char *type,
                      const struct sync_class *class, int64_t least,
                      int64_t most);

/* The object of the handle that is argument 1. Raises. */
struct sync_object *sync_handle_check(lua_State *L, const char *type);

/* Calls the function that is argument 2 with the arguments behind it, then
 * closes argument 1, whatever the function does. Returns its results. */
int sync_handle_call(lua_State *L);

/* Returns the object of the handle at `index`; NULL if the value there is not
 * the handle of an open object. Does not raise. */
struct sync_object *sync_handle_object(lua_State *L, int index);

/* The argument, a time in seconds to wait at most; negative, if it is none or
 * nil: for ever. Raises. */
lua_Number sync_check_timeout(lua_State *L, int arg);

#endif
