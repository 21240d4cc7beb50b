/* thresholds_read.c -- thresholds_read: reads options.thresholds from Lua. */
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "measure/thresholds.h"

#define CONDITION_GRAMMAR                                                      \
    "a text such as \"p(95)<200\", { \"p(95)<200\", abortOnFail = true, "      \
    "delayAbortEval = \"10s\" }, or a list of these"

static bool read_text(struct threshold *threshold, lua_State *L,
                      struct err *err)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        return err_set(err, "expected %s, got a %s", CONDITION_GRAMMAR,
                       lua_typename(L, lua_type(L, -1)));
    return threshold_parse(threshold, lua_tostring(L, -1), err);
}

/* Reads delayAbortEval; a number means milliseconds, as in k6. */
static bool read_delay(struct threshold *threshold, lua_State *L,
                       struct err *err)
{
    bool ok = false;
    lua_Number ms = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
    if (ms >= 0 && ms < 1e10) {
        threshold->delay_ns = (int64_t)(ms * 1e6);
        ok = true;
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        ok = duration_parse(lua_tostring(L, -1), &threshold->delay_ns);
    }
    return ok || err_set(err, "delayAbortEval must be %s, or milliseconds",
                         DURATION_GRAMMAR);
}

/* stack: ..., key, value of a condition's table. The text has been read before,
 * because parsing it clears the other fields. */
static bool read_condition_field(struct threshold *threshold, lua_State *L,
                                 struct err *err)
{
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
        return true;
    if (strcmp(key, "threshold") == 0)
        return true;
    if (strcmp(key, "delayAbortEval") == 0)
        return read_delay(threshold, L, err);
    if (strcmp(key, "abortOnFail") == 0) {
        if (!lua_isboolean(L, -1))
            return err_set(err, "abortOnFail must be true or false");
        threshold->abort_on_fail = lua_toboolean(L, -1);
        return true;
    }
    return err_set(err, "unknown field '%.100s'; expected %s",
                   *key ? key : "[2]", CONDITION_GRAMMAR);
}

/* stack: ..., the condition, a text or a table */
static bool read_condition(struct threshold *threshold, lua_State *L,
                           struct err *err)
{
    if (!lua_istable(L, -1))
        return read_text(threshold, L, err);
    lua_pushliteral(L, "threshold");
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawgeti(L, -1, 1);
    }
    bool ok = read_text(threshold, L, err);
    lua_pop(L, 1);
    lua_pushnil(L);
    while (ok && lua_next(L, -2)) { /* stack: table, key, value */
        ok = read_condition_field(threshold, L, err);
        lua_pop(L, ok ? 1 : 2);
    }
    return ok;
}

static bool is_list(lua_State *L)
{
    if (!lua_istable(L, -1))
        return false;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1)) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

/* stack: ..., the conditions of a metric */
static bool read_conditions(struct metric_thresholds *of, lua_State *L,
                            struct err *err)
{
    bool list = is_list(L);
    size_t n = list ? lua_rawlen(L, -1) : 1;
    if (n == 0 || n > THRESHOLDS_MAX)
        return err_set(err, "expected 1 to %d conditions, got %zu",
                       THRESHOLDS_MAX, n);
    of->all = calloc(n, sizeof *of->all);
    if (!of->all)
        return err_set(err, "out of memory");
    for (of->n = 0; of->n < n; of->n++) {
        if (list)
            lua_rawgeti(L, -1, (lua_Integer)of->n + 1);
        else
            lua_pushvalue(L, -1);
        bool ok = read_condition(&of->all[of->n], L, err);
        lua_pop(L, 1);
        if (!ok)
            return false;
    }
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the keys in sorted order, because the order of a Lua table changes
 * from run to run, and sets *n. The texts belong to Lua. Returns NULL and sets
 * err on failure. The caller frees the array. */
static const char **sort_keys(lua_State *L, int index, size_t *n,
                              struct err *err)
{
    const char **keys = calloc(THRESHOLDS_MAX, sizeof *keys);
    bool ok = keys || err_set(err, "out of memory");
    *n = 0;
    lua_pushnil(L);
    while (ok && lua_next(L, index)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ok = err_set(err, "options.thresholds: the name of a metric must "
                              "be a string");
        else if (*n == THRESHOLDS_MAX)
            ok = err_set(err, "options.thresholds: more than %d metrics",
                         THRESHOLDS_MAX);
        else
            keys[(*n)++] = lua_tostring(L, -2);
        lua_pop(L, 1);
    }
    if (ok) {
        qsort(keys, *n, sizeof *keys, compare_texts);
        return keys;
    }
    free(keys);
    return NULL;
}

static bool read_metric(struct thresholds *t, const char *key, lua_State *L,
                        int index, struct err *err)
{
    if (!selector_parse(&t->selectors[t->n], key, err))
        return err_prefix(err, "options.thresholds: ");
    unsigned at = t->n++;
    lua_pushstring(L, key);
    lua_rawget(L, index);
    bool ok = read_conditions(&t->of[at], L, err);
    lua_pop(L, 1);
    return ok || err_prefix(err, "options.thresholds['%.200s']: ", key);
}

bool thresholds_read(struct thresholds *thresholds, lua_State *L, int index,
                     struct err *err)
{
    int top = lua_gettop(L);
    size_t n;
    if (!lua_istable(L, index))
        return err_set(err, "options.thresholds must be a table, got a %s",
                       lua_typename(L, lua_type(L, index)));
    index = lua_absindex(L, index);
    thresholds_fini(thresholds);
    const char **keys = sort_keys(L, index, &n, err);
    if (!keys)
        goto done;
    thresholds->selectors = calloc(n + 1, sizeof *thresholds->selectors);
    thresholds->of = calloc(n + 1, sizeof *thresholds->of);
    bool ok = (thresholds->selectors && thresholds->of) ||
              err_set(err, "out of memory");
    for (size_t i = 0; ok && i < n; i++)
        ok = read_metric(thresholds, keys[i], L, index, err);
    free(keys);
    if (ok)
        return true;
done:
    lua_settop(L, top);
    return false;
}
