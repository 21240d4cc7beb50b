/* module_log.c -- `require "log"`: writes lines to the log of the program.
 *
 *   log.info("cache_miss", { key = "a b", took = 0.2 })
 *   -> time=... level=info event=cache_miss key="a b" took=0.2
 *
 * Fields are written in the order of their names, so that equal calls give
 * equal lines.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "modules/modules.h"

#define MAX_FIELDS 32

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Stores the keys of the table at index 2, sorted. They live as long as the
 * table. Returns their number. */
static int collect_keys(lua_State *L, const char **keys)
{
    int n = 0;
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        lua_pop(L, 1);
        luaL_argcheck(L,
                      lua_type(L, -1) == LUA_TSTRING &&
                          log_is_word(lua_tostring(L, -1)),
                      2, "field names must be words of letters, digits and _");
        luaL_argcheck(L, n < MAX_FIELDS, 2, "too many fields (at most 32)");
        keys[n++] = lua_tostring(L, -1);
    }
    qsort(keys, (size_t)n, sizeof *keys, compare_keys);
    return n;
}

/* Returns the field for the value on top of the stack. A value that is neither
 * a number nor a boolean is replaced by its text. */
static struct log_field field_of_value(lua_State *L, const char *key)
{
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        return lua_isinteger(L, -1) ? log_integer(key, lua_tointeger(L, -1))
                                    : log_number(key, lua_tonumber(L, -1));
    case LUA_TBOOLEAN:
        return log_boolean(key, lua_toboolean(L, -1));
    }
    luaL_tolstring(L, -1, NULL);
    lua_replace(L, -2);
    return log_text(key, lua_tostring(L, -1));
}

static int write_event(lua_State *L, enum log_level level)
{
    const char *event = luaL_checkstring(L, 1);
    const char *keys[MAX_FIELDS];
    struct log_field fields[MAX_FIELDS];
    int n = 0;
    luaL_argcheck(L, log_is_word(event), 1,
                  "an event is one word of letters, digits and _; put the "
                  "rest into fields");
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        n = collect_keys(L, keys);
    }
    luaL_checkstack(L, n + LUA_MINSTACK, "too many fields");
    for (int i = 0; i < n; i++) { /* the stack keeps their texts alive */
        lua_getfield(L, 2, keys[i]);
        fields[i] = field_of_value(L, keys[i]);
    }
    log_write(level, event, fields, (size_t)n);
    return 0;
}

static int log_debug(lua_State *L) { return write_event(L, LOG_DEBUG); }

static int log_info(lua_State *L) { return write_event(L, LOG_INFO); }

static int log_warn(lua_State *L) { return write_event(L, LOG_WARN); }

static int log_error(lua_State *L) { return write_event(L, LOG_ERROR); }

static const luaL_Reg functions[] = {
    {"debug", log_debug}, {"info", log_info}, {"warn", log_warn},
    {"error", log_error}, {NULL, NULL},
};

int module_log_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
