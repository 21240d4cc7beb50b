/* module_sync.c -- `require "sync"`: mutexes, channels and semaphores that the
 * tasks of all workers share under a name. A task that waits for an object does
 * not block its worker. Each kind of object has its methods in a file of its
 * own (sync_methods.h). */
#include "modules/sync_methods.h"

#include <lauxlib.h>
#include <lua.h>

#include "modules/modules.h"

static const luaL_Reg functions[] = {
    {"channel", channel_methods_open},     /* passes messages in order */
    {"mutex", mutex_methods_open},         /* one task at a time */
    {"semaphore", semaphore_methods_open}, /* a number of tasks at a time */
    {NULL, NULL},
};

int module_sync_open(lua_State *L)
{
    channel_methods_init(L);
    mutex_methods_init(L);
    semaphore_methods_init(L);
    luaL_newlib(L, functions);
    return 1;
}
