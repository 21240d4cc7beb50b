#include "load/option_value.h"

#include <inttypes.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "client/request.h"
#include "load/executor.h"

/* Writes the value on top of the stack to `out`, for a message. */
static const char *describe_option(lua_State *L, char *out, size_t size)
{
    if (lua_type(L, -1) == LUA_TSTRING)
        snprintf(out, size, "'%.100s'", lua_tostring(L, -1));
    else if (lua_isnumber(L, -1))
        snprintf(out, size, "%.14g", lua_tonumber(L, -1));
    else
        snprintf(out, size, "a %s", lua_typename(L, lua_type(L, -1)));
    return out;
}

bool option_expected(lua_State *L, const char *path, const char *what,
                     struct err *err)
{
    char got[128];
    return err_set(err, "%s must be %s, got %s", path, what,
                   describe_option(L, got, sizeof got));
}

bool option_count(lua_State *L, int64_t least, int64_t most, int64_t *out,
                  const char *path, struct err *err)
{
    int whole;
    char what[80];
    lua_Integer value = lua_tointegerx(L, -1, &whole);
    if (lua_type(L, -1) == LUA_TNUMBER && whole && value >= least &&
        value <= most) {
        *out = value;
        return true;
    }
    snprintf(what, sizeof what, "a whole number from %" PRId64 " to %" PRId64,
             least, most);
    return option_expected(L, path, what, err);
}

/* A number is in milliseconds, as in k6. */
bool option_duration(lua_State *L, int64_t *out, const char *path,
                     struct err *err)
{
    bool ok = false;
    if (lua_type(L, -1) == LUA_TSTRING) {
        ok = duration_parse(lua_tostring(L, -1), out);
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
        lua_Number ms = lua_tonumber(L, -1);
        if ((ok = ms >= 0 && ms < 1e10))
            *out = (int64_t)(ms * 1e6);
    }
    return ok || option_expected(L, path, DURATION_GRAMMAR, err);
}

bool option_text(lua_State *L, char *out, const char *path, struct err *err)
{
    size_t n;
    if (lua_type(L, -1) != LUA_TSTRING)
        return option_expected(L, path, "a string", err);
    const char *text = lua_tolstring(L, -1, &n);
    if (n == 0 || n > CONFIG_NAME_MAX || !request_header_valid("x", 1, text, n))
        return err_set(err, "%s must be 1 to %d characters in one line", path,
                       CONFIG_NAME_MAX);
    memcpy(out, text, n + 1);
    return true;
}

bool option_executor(lua_State *L, const struct executor **out,
                     const char *path, struct err *err)
{
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    *out = executor_find(name);
    if (*out)
        return true;
    char names[256], what[300];
    executor_names(names, sizeof names);
    snprintf(what, sizeof what, "one of %s", names);
    return option_expected(L, path, what, err);
}

bool option_trend_stats(lua_State *L, struct trend_stats *out, const char *path,
                        struct err *err)
{
    lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (n == 0)
        return option_expected(L, path, "a list of " TREND_STAT_GRAMMAR, err);
    out->n = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        size_t n_text = 0;
        lua_rawgeti(L, -1, i);
        const char *text =
            lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n_text) : "";
        if (!trend_stats_add(out, text, n_text, err))
            return err_prefix(err, "%s: ", path);
        lua_pop(L, 1);
    }
    return true;
}

bool option_overload(lua_State *L, enum overload *out, const char *path,
                     struct err *err)
{
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    *out = strcmp(name, "drop") == 0 ? OVERLOAD_DROP : OVERLOAD_QUEUE;
    return *out == OVERLOAD_DROP || strcmp(name, "queue") == 0 ||
           option_expected(L, path, "\"queue\" or \"drop\"", err);
}

/* Pushes a field of the stage, which is the i-th of a list or has a name. */
static void push_part(lua_State *L, lua_Integer i, const char *name)
{
    if (lua_rawgeti(L, -1, i) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
}

static bool is_part(lua_State *L, int index)
{
    int whole;
    lua_Integer i = lua_tointegerx(L, index, &whole);
    if (lua_type(L, index) == LUA_TNUMBER)
        return whole && (i == 1 || i == 2);
    return lua_type(L, index) == LUA_TSTRING &&
           (strcmp(lua_tostring(L, index), "duration") == 0 ||
            strcmp(lua_tostring(L, index), "target") == 0);
}

/* Returns false and sets err if the stage has a field that is not a part. */
static bool check_parts(lua_State *L, const char *path, struct err *err)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: stage, key, value */
        lua_pop(L, 1);
        if (is_part(L, -1))
            continue;
        char got[128];
        return err_set(err,
                       "%s must be { duration, target }, and has a field %s, "
                       "too",
                       path, describe_option(L, got, sizeof got));
    }
    return true;
}

/* Reads { duration, target } or { duration = , target = } on top of the
 * stack. */
static bool read_stage(lua_State *L, struct stage *stage, const char *path,
                       struct err *err)
{
    char inner[600];
    int64_t target;
    if (!lua_istable(L, -1))
        return option_expected(L, path, "a table, { duration, target }", err);
    if (!check_parts(L, path, err))
        return false;
    push_part(L, 1, "duration");
    snprintf(inner, sizeof inner, "%s.duration", path);
    if (!option_duration(L, &stage->duration_ns, inner, err))
        return false;
    lua_pop(L, 1);
    push_part(L, 2, "target");
    snprintf(inner, sizeof inner, "%s.target", path);
    if (!option_count(L, 0, OPTION_COUNT_MAX, &target, inner, err))
        return false;
    lua_pop(L, 1);
    stage->target = (double)target;
    return true;
}

bool option_stages(lua_State *L, struct stages *stages, const char *path,
                   struct err *err)
{
    lua_Integer n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (n < 1 || n > STAGES_MAX)
        return err_set(err,
                       "%s must be a list of 1 to %d stages, "
                       "{ duration, target } each",
                       path, STAGES_MAX);
    *stages = (struct stages){0};
    for (lua_Integer i = 1; i <= n; i++) {
        char inner[560];
        snprintf(inner, sizeof inner, "%s[%d]", path, (int)i);
        lua_rawgeti(L, -1, i);
        if (!read_stage(L, &stages->all[stages->n++], inner, err))
            return false;
        lua_pop(L, 1);
    }
    return true;
}

bool option_variables(lua_State *L, struct variable **out, const char *path,
                      struct err *err)
{
    if (!lua_istable(L, -1))
        return option_expected(L, path, "a table of strings", err);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* stack: table, name, value */
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            return err_set(err, "%s: names and values must be strings", path);
        struct variable *variable = calloc(1, sizeof *variable);
        if (!variable)
            return err_set(err, "out of memory");
        variable->next = *out;
        *out = variable;
        variable->name = strdup(lua_tostring(L, -2));
        variable->value = strdup(lua_tostring(L, -1));
        if (!variable->name || !variable->value)
            return err_set(err, "out of memory");
        lua_pop(L, 1);
    }
    return true;
}
