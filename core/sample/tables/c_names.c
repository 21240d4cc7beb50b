#include "sample/tables/c_names.h"

#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "sample/platform/quiet.h"

struct named {
    lua_CFunction c;
    char name[64];
};

/* A quiet lock (quiet.h): guards all that follows. No lock is taken while it is
 * held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct named *names;
static uint32_t n_names;
static struct index index_of_names;

static bool is_same_c_function(const void *ctx, const void *key,
                               uint32_t position)
{
    (void)ctx;
    return names[position].c == *(const lua_CFunction *)key;
}

/* Returns the position of `c`, or INDEX_NONE. [lock] */
static uint32_t find_c_name(lua_CFunction c)
{
    return index_find(&index_of_names, index_hash(&c, sizeof c, 0),
                      is_same_c_function, NULL, &c);
}

/* Appends an entry with an empty name. Returns NULL if out of memory. [lock] */
static struct named *append_unnamed(lua_CFunction c)
{
    struct named *grown = realloc(names, (n_names + 1) * sizeof *names);
    if (!grown)
        return NULL;
    names = grown;
    names[n_names] = (struct named){.c = c};
    if (!index_add(&index_of_names, index_hash(&c, sizeof c, 0), n_names))
        return NULL;
    return &names[n_names++];
}

/* Gives `c` the name TABLE SEPARATOR FIELD, or FIELD if `table` is NULL. A
 * function with several names keeps the shortest, and of equally long names the
 * first in the alphabet: Lua's tables have no order, and the name must be the
 * same in each process. */
static void add_c_name(lua_CFunction c, const char *table, char separator,
                       const char *field)
{
    char name[sizeof names->name];
    int n = table
                ? snprintf(name, sizeof name, "%s%c%s", table, separator, field)
                : snprintf(name, sizeof name, "%s", field);
    quiet_lock(&lock);
    uint32_t found = find_c_name(c);
    struct named *named =
        found == INDEX_NONE ? append_unnamed(c) : &names[found];
    size_t old = named ? strlen(named->name) : 0;
    if (named && (old == 0 || (size_t)n < old ||
                  ((size_t)n == old && strcmp(name, named->name) < 0)))
        memcpy(named->name, name, sizeof name);
    quiet_unlock(&lock);
}

/* stack: ..., table
 * Learns the table's C functions as NAME SEPARATOR KEY. */
static void learn_table(lua_State *L, const char *name, char separator)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_iscfunction(L, -1))
            add_c_name(lua_tocfunction(L, -1), name, separator,
                       lua_tostring(L, -2));
        lua_pop(L, 1);
    }
}

/* stack: ..., table -> ..., table, value
 * Pushes the table's own field `name`, or nil, and returns the value's type.
 * Runs no metamethod and does not call lua_pushstring, which may collect
 * garbage or run out of memory: a hook must not do that within the user's code.
 */
static int push_raw_field(lua_State *L, const char *name)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING &&
            strcmp(lua_tostring(L, -2), name) == 0) {
            lua_replace(L, -2);
            return lua_type(L, -1);
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    return LUA_TNIL;
}

/* stack: ..., table of the registry
 * Learns the methods of userdata if luaL_newmetatable made the table. Scripts
 * know methods of "FILE*" as file:read. */
static void learn_metatable(lua_State *L, const char *type_name)
{
    char name[48];
    bool named = push_raw_field(L, "__name") == LUA_TSTRING;
    lua_pop(L, 1);
    if (!named)
        return;
    if (strcmp(type_name, LUA_FILEHANDLE) == 0)
        type_name = "file";
    snprintf(name, sizeof name, "%s", type_name);
    learn_table(L, name, ':');
    if (push_raw_field(L, "__index") == LUA_TTABLE)
        learn_table(L, name, ':');
    lua_pop(L, 1);
}

/* stack: ..., table
 * Calls `learn` for each table in it that has a string as its key. */
static void learn_each(lua_State *L, void (*learn)(lua_State *, const char *))
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_istable(L, -1))
            learn(L, lua_tostring(L, -2));
        lua_pop(L, 1);
    }
}

static void learn_library(lua_State *L, const char *name)
{
    learn_table(L, name, '.');
}

void c_names_learn(lua_State *L)
{
    if (fork_depth > 0 || !lua_checkstack(L, 8))
        return;
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS) == LUA_TTABLE)
        learn_table(L, NULL, '\0');
    lua_pop(L, 1);
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    if (push_raw_field(L, LUA_LOADED_TABLE) == LUA_TTABLE)
        learn_each(L, learn_library);
    lua_pop(L, 1);
    learn_each(L, learn_metatable);
    lua_pop(L, 1);
}

/* Returns a table of the C functions of Lua's library that no table holds,
 * because functions of the library return them. */
static const char returned_functions[] =
    "local t = {"
    "  ['coroutine.wrap function'] = coroutine.wrap(print),"
    "  ['ipairs iterator'] = (ipairs {}),"
    "  ['io.lines iterator'] = (io.lines '/dev/null'),"
    "  ['string.gmatch iterator'] = string.gmatch('', ''),"
    "  ['utf8.codes iterator'] = (utf8.codes ''),"
    "  ['utf8.codes lax iterator'] = (utf8.codes('', true)),"
    "}"
    "for i, f in ipairs(package.searchers) do"
    "  t['package.searchers[' .. i .. ']'] = f "
    "end "
    "for k, f in pairs(getmetatable '') do t['string.' .. k] = f end "
    "return t";

void c_names_init(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return;
    luaL_openlibs(L);
    if (luaL_dostring(L, returned_functions) == LUA_OK)
        learn_table(L, NULL, '\0');
    lua_close(L);
}

bool c_names_get(lua_CFunction c, char *out, size_t size)
{
    quiet_lock(&lock);
    uint32_t found = find_c_name(c);
    if (found != INDEX_NONE)
        snprintf(out, size, "%s", names[found].name);
    quiet_unlock(&lock);
    return found != INDEX_NONE;
}

bool c_names_has(lua_CFunction c)
{
    quiet_lock(&lock);
    bool known = find_c_name(c) != INDEX_NONE;
    quiet_unlock(&lock);
    return known;
}
