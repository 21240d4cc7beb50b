/* lua_archive.h -- the Lua archive's own versions of some API functions.
 *
 * hooks/lua_api.c defines these functions in place of the archive's, so that
 * every caller (liblua itself, this program, C modules) goes through the
 * sampler. At build time cmake/rename_lua_api.sh renames the originals in the
 * archive to archive_NAME. lua_api.c calls the originals to do the work, and
 * the sampler calls them where it must not meet its own functions again. Each
 * has the contract of the Lua manual.
 *
 * archive_lua_sethook and the archive_lua_gethook functions are safe in a
 * signal handler on the interrupted thread's own coroutine, as the manual says
 * of lua_sethook.
 */
#ifndef SAMPLE_PLATFORM_LUA_ARCHIVE_H
#define SAMPLE_PLATFORM_LUA_ARCHIVE_H

#include <lua.h>

int archive_lua_resume(lua_State *L, lua_State *from, int nargs, int *nres);
int archive_lua_load(lua_State *L, lua_Reader reader, void *data,
                     const char *chunkname, const char *mode);
lua_State *archive_lua_newthread(lua_State *L);
int archive_lua_resetthread(lua_State *L);
void archive_lua_close(lua_State *L);
void archive_lua_sethook(lua_State *L, lua_Hook hook, int mask, int count);
lua_Hook archive_lua_gethook(lua_State *L);
int archive_lua_gethookmask(lua_State *L);
int archive_lua_gethookcount(lua_State *L);

#endif
