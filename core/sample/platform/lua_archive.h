/* lua_archive.h -- the Lua archive's own versions of the functions that
 * hooks/lua_api.c defines in their place. cmake/rename_lua_api.sh renames them
 * in the archive at build time. */
#ifndef SAMPLE_PLATFORM_LUA_ARCHIVE_H
#define SAMPLE_PLATFORM_LUA_ARCHIVE_H

#include <lua.h>

int archive_lua_resume(lua_State *L, lua_State *from, int nargs, int *nres);
lua_State *archive_lua_newthread(lua_State *L);
int archive_lua_resetthread(lua_State *L);
void archive_lua_close(lua_State *L);
void archive_lua_sethook(lua_State *L, lua_Hook hook, int mask, int count);
lua_Hook archive_lua_gethook(lua_State *L);
int archive_lua_gethookmask(lua_State *L);
int archive_lua_gethookcount(lua_State *L);

#endif
