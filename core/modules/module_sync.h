/* module_sync.h -- the parts of `require "sync"`: one file for each kind of
 * object. Each open function makes its type, each other one is the module's
 * function that opens an object. */
#ifndef MODULES_MODULE_SYNC_H
#define MODULES_MODULE_SYNC_H

struct lua_State;

void module_sync_mutex_open(struct lua_State *L);
int module_sync_mutex(struct lua_State *L);

void module_sync_channel_open(struct lua_State *L);
int module_sync_channel(struct lua_State *L);

void module_sync_semaphore_open(struct lua_State *L);
int module_sync_semaphore(struct lua_State *L);

#endif
