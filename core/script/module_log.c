/* module_log.c -- `require "log"`: lines into the server's own log.
 *
 *   log.info("cache_miss", { key = "a b", took = 0.2 })
 *   -> time=... level=info event=cache_miss key="a b" took=0.2
 */
#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "script/modules.h"

#define MAX_FIELDS 32
#define MAX_LINE 8192

/* What logfmt takes for a key or an event without quotes. */
static bool is_word(const char *s)
{
    if (!*s)
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("_-.", *s))
            return false;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of the table at index 2, sorted. They live as long as the table. */
static int collect_keys(lua_State *L, const char **keys)
{
    int n = 0;
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        lua_pop(L, 1);
        luaL_argcheck(
            L, lua_type(L, -1) == LUA_TSTRING && is_word(lua_tostring(L, -1)),
            2, "field names must be words of letters, digits and _");
        luaL_argcheck(L, n < MAX_FIELDS, 2, "too many fields (at most 32)");
        keys[n++] = lua_tostring(L, -1);
    }
    qsort(keys, (size_t)n, sizeof *keys, compare_keys);
    return n;
}

static size_t put_field(lua_State *L, char *line, size_t n, const char *key)
{
    char quoted[1024];
    lua_getfield(L, 2, key);
    const char *value = luaL_tolstring(L, -1, NULL);
    if (!is_word(value))
        value = log_quote(quoted, sizeof quoted, value);
    int more =
        snprintf(line + n, MAX_LINE - n, "%s%s=%s", n ? " " : "", key, value);
    lua_pop(L, 2);
    /* A field that does not fit is left out whole. */
    return (size_t)more < MAX_LINE - n ? n + (size_t)more : n;
}

static int write_line(lua_State *L, enum log_level level)
{
    const char *event = luaL_checkstring(L, 1);
    luaL_argcheck(L, is_word(event), 1,
                  "an event is one word of letters, digits and _; put the "
                  "rest into fields");
    char line[MAX_LINE] = "";
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        const char *keys[MAX_FIELDS];
        int n_keys = collect_keys(L, keys);
        size_t n = 0;
        for (int i = 0; i < n_keys; i++)
            n = put_field(L, line, n, keys[i]);
        line[n] = '\0';
    }
    log_write(level, event, "%s", line);
    return 0;
}

static int debug(lua_State *L) { return write_line(L, LOG_DEBUG); }

static int info(lua_State *L) { return write_line(L, LOG_INFO); }

static int warn(lua_State *L) { return write_line(L, LOG_WARN); }

static int error(lua_State *L) { return write_line(L, LOG_ERROR); }

static const luaL_Reg functions[] = {
    {"debug", debug}, {"info", info}, {"warn", warn},
    {"error", error}, {NULL, NULL},
};

int module_log_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
