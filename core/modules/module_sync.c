/* module_sync.c -- `require "sync"`: what tasks of all workers share to keep
 * order among them. An object is known by its name; a task that waits for one
 * does not hold up its worker. */
#include "modules/module_sync.h"

#include <lauxlib.h>
#include <lua.h>

#include "modules/modules.h"

static const luaL_Reg functions[] = {
    {"channel", module_sync_channel},     /* messages in order */
    {"mutex", module_sync_mutex},         /* one at a time */
    {"semaphore", module_sync_semaphore}, /* so many at a time */
    {NULL, NULL},
};

int module_sync_open(lua_State *L)
{
    module_sync_channel_open(L);
    module_sync_mutex_open(L);
    module_sync_semaphore_open(L);
    luaL_newlib(L, functions);
    return 1;
}
