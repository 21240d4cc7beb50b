/* modules.h -- the Lua modules written in C that a script can `require`, and
 * which kind of script gets which of them.
 *
 * A module is one file, module_NAME.c. Its other parts are files without that
 * prefix. The functions of a module check every argument and raise errors, so
 * they are called by Lua only, or under a protected call. The maker of a Lua
 * state passes one of the lists below to script_state_new (script/state.h).
 * Modules that belong to one caller (http, loadtest, proto, the request) are
 * not in a list: their owner preloads them itself.
 */
#ifndef MODULES_MODULES_H
#define MODULES_MODULES_H

#include <lauxlib.h>

/* For handlers, load scripts and `perilune run`: all modules. Each list ends
 * with a NULL name. */
extern const luaL_Reg modules_for_scripts[];

/* For exporters and reports, which turn data into bytes: the modules that
 * neither wait nor share anything with other states. */
extern const luaL_Reg modules_for_exporters[];

/* Each function pushes the table of its module and returns 1. */
int module_clock_open(lua_State *L);
int module_gzip_open(lua_State *L);
int module_json_open(lua_State *L);
int module_log_open(lua_State *L);
int module_profile_open(lua_State *L);
int module_scheduler_open(lua_State *L);
int module_shared_open(lua_State *L);
int module_sync_open(lua_State *L);
int module_thread_open(lua_State *L);

#endif
