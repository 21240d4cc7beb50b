/* sync_methods.h -- the parts of `require "sync"`: one file for each kind of
 * object. Each open function makes its type, each other one is the module's
 * function that opens an object. */
#ifndef MODULES_SYNC_METHODS_H
#define MODULES_SYNC_METHODS_H

struct lua_State;

void mutex_methods_init(struct lua_State *L);
int mutex_methods_open(struct lua_State *L);

void channel_methods_init(struct lua_State *L);
int channel_methods_open(struct lua_State *L);

void semaphore_methods_init(struct lua_State *L);
int semaphore_methods_open(struct lua_State *L);

#endif
