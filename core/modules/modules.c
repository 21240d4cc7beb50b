#include "modules/modules.h"

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

const luaL_Reg modules_for_scripts[] = {
    {"clock", module_clock_open},     {"gzip", module_gzip_open},
    {"json", module_json_open},       {"log", module_log_open},
    {"profile", module_profile_open}, {"scheduler", module_scheduler_open},
    {"shared", module_shared_open},   {"sync", module_sync_open},
    {"thread", module_thread_open},   {NULL, NULL},
};

const luaL_Reg modules_for_exporters[] = {
    {"clock", module_clock_open},
    {"gzip", module_gzip_open},
    {"json", module_json_open},
    {"log", module_log_open},
    {NULL, NULL},
};
