#include <lua.h>
int archive_lua_resume(lua_State *, lua_State *, int, int *);
lua_State *archive_lua_newthread(lua_State *);
int archive_lua_resetthread(lua_State *);
void archive_lua_sethook(lua_State *, lua_Hook, int, int);
int lua_resume(lua_State *L, lua_State *from, int n, int *r) { return archive_lua_resume(L, from, n, r); }
lua_State *lua_newthread(lua_State *L) { return archive_lua_newthread(L); }
int lua_resetthread(lua_State *L) { return archive_lua_resetthread(L); }
void lua_sethook(lua_State *L, lua_Hook f, int m, int c) { archive_lua_sethook(L, f, m, c); }
