#include "sample/tables/c_names.h"

#include <lauxlib.h>
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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct named *names;
static uint32_t n_names;
static struct index index_of_names;

static bool equal(const void *ctx, const void *key, uint32_t position)
{
    (void)ctx;
    return names[position].c == *(const lua_CFunction *)key;
}

static uint32_t find(lua_CFunction c)
{
    return index_find(&index_of_names, index_hash(&c, sizeof c, 0), equal, NULL,
                      &c);
}

/* Append an entry without a name; NULL when out of memory. [lock] */
static struct named *append(lua_CFunction c)
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

/* A function that is known by several names keeps the shortest, of equally
 * long ones the first in the alphabet: tables come in no particular order. */
static void add(lua_CFunction c, const char *table, char separator,
                const char *field)
{
    char name[sizeof names->name];
    int n = table
                ? snprintf(name, sizeof name, "%s%c%s", table, separator, field)
                : snprintf(name, sizeof name, "%s", field);
    quiet_lock(&lock);
    uint32_t found = find(c);
    struct named *named = found == INDEX_NONE ? append(c) : &names[found];
    size_t old = named ? strlen(named->name) : 0;
    if (named && (old == 0 || (size_t)n < old ||
                  ((size_t)n == old && strcmp(name, named->name) < 0)))
        memcpy(named->name, name, sizeof name);
    quiet_unlock(&lock);
}

/* stack: ..., table: learn its C functions as NAME, then a separator, then the
 * key. */
static void learn_table(lua_State *L, const char *name, char separator)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_iscfunction(L, -1))
            add(lua_tocfunction(L, -1), name, separator, lua_tostring(L, -2));
        lua_pop(L, 1);
    }
}

/* stack: ..., table -> ..., table, value: its own field `name`, nil if there is
 * none. Without metamethods, and without lua_pushstring, which may collect or
 * run out of memory: a hook must not do that in the midst of the user's code.
 * Returns the value's type. */
static int push_field(lua_State *L, const char *name)
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

/* stack: ..., table of the registry: if luaL_newmetatable made it, learn the
 * methods of its userdata. "FILE*" is file:read for its users. */
static void learn_metatable(lua_State *L, const char *type_name)
{
    char name[48];
    bool named = push_field(L, "__name") == LUA_TSTRING;
    lua_pop(L, 1);
    if (!named)
        return;
    if (strcmp(type_name, LUA_FILEHANDLE) == 0)
        type_name = "file";
    snprintf(name, sizeof name, "%s", type_name);
    learn_table(L, name, ':');
    if (push_field(L, "__index") == LUA_TTABLE)
        learn_table(L, name, ':');
    lua_pop(L, 1);
}

/* stack: ..., table of tables: `learn` each that has a string for its key. */
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
    if (!lua_checkstack(L, 8))
        return;
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS) == LUA_TTABLE)
        learn_table(L, NULL, '\0');
    lua_pop(L, 1);
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    if (push_field(L, LUA_LOADED_TABLE) == LUA_TTABLE)
        learn_each(L, learn_library);
    lua_pop(L, 1);
    learn_each(L, learn_metatable);
    lua_pop(L, 1);
}

bool c_names_get(lua_CFunction c, char *out, size_t size)
{
    quiet_lock(&lock);
    uint32_t found = find(c);
    if (found != INDEX_NONE)
        snprintf(out, size, "%s", names[found].name);
    quiet_unlock(&lock);
    return found != INDEX_NONE;
}

bool c_names_has(lua_CFunction c)
{
    quiet_lock(&lock);
    bool known = find(c) != INDEX_NONE;
    quiet_unlock(&lock);
    return known;
}
