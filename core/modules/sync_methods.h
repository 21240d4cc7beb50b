/* sync_methods.h -- the objects of `require "sync"`, each kind in a file of its
 * own: mutex_methods.c, channel_methods.c, semaphore_methods.c.
 *
 * The init functions make a type with its methods known in the state. The open
 * functions are sync.mutex(name), sync.channel(name, capacity) and
 * sync.semaphore(name, permits): each pushes a handle of the object and returns
 * 1. All may raise.
 *
 * Path: module_sync.c -> [sync_methods] -> script/sync_handle.c,
 * script/sync_wait.c -> sync/mutex.c, sync/channel.c, sync/semaphore.c
 */
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
