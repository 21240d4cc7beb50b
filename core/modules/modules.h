/* modules.h -- the Lua modules written in C that every state can require. One
 * file, module_NAME.c, and one line in modules.c each. */
#ifndef MODULES_MODULES_H
#define MODULES_MODULES_H

struct lua_State;

/* Preload all of them in a new state. May raise. */
void modules_preload(struct lua_State *L);

int module_clock_open(struct lua_State *L);
int module_gzip_open(struct lua_State *L);
int module_json_open(struct lua_State *L);
int module_log_open(struct lua_State *L);
int module_profile_open(struct lua_State *L);
int module_scheduler_open(struct lua_State *L);
int module_shared_open(struct lua_State *L);
int module_sync_open(struct lua_State *L);
int module_thread_open(struct lua_State *L);

#endif
