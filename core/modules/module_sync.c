/* module_sync.c -- `require "sync"`: what tasks of all workers share to keep
 * order among them. An object is known by its name; a task that waits for one
 * does not hold up its worker. */
#include "modules/sync_methods.h"

#include <lauxlib.h>
#include <lua.h>

#include "modules/modules.h"

static const luaL_Reg functions[] = {
    {"channel", channel_methods_open},     /* messages in order */
    {"mutex", mutex_methods_open},         /* one at a time */
    {"semaphore", semaphore_methods_open}, /* so many at a time */
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
