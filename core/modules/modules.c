#include "modules/modules.h"

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

#include "script/state.h"

static const luaL_Reg modules[] = {
    {"clock", module_clock_open},     {"gzip", module_gzip_open},
    {"json", module_json_open},       {"log", module_log_open},
    {"profile", module_profile_open}, {"scheduler", module_scheduler_open},
    {"shared", module_shared_open},   {"sync", module_sync_open},
    {"thread", module_thread_open},   {NULL, NULL},
};

void modules_preload(lua_State *L)
{
    for (const luaL_Reg *m = modules; m->name; m++)
        script_preload(L, m->name, m->func);
}
