#include "load/module_metric.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>

#include "load/generator.h"
#include "load/module_loadtest.h"
#include "load/vu.h"
#include "script/tag_table.h"

#define METATABLE "perilune.metric"

void module_metric_check_tags(lua_State *L, int arg,
                              const struct metric *metric, struct tags *tags)
{
    struct err err;
    struct buf *own = &metric->owner->own_tags;
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    if (!metric->watched)
        return;
    own->len = 0;
    if (!tag_table_read(own, L, arg, "tags", &err))
        luaL_argerror(L, arg, err.message);
    tags->own = own;
}

/* metric:add(value [, tags]): true counts as 1 and false as 0. */
static int metric_add_value(lua_State *L)
{
    struct metric **metric = luaL_checkudata(L, 1, METATABLE);
    lua_Number value =
        lua_isboolean(L, 2) ? lua_toboolean(L, 2) : luaL_checknumber(L, 2);
    luaL_argcheck(L, isfinite(value), 2, "a finite number expected");
    luaL_argcheck(L, (*metric)->kind != METRIC_COUNTER || value >= 0, 2,
                  "a counter cannot go down");
    const struct vu *vu = module_loadtest_generator(L)->current;
    struct tags tags = {.own = NULL};
    if (vu)
        tags = vu_tags(vu);
    module_metric_check_tags(L, 3, *metric, &tags);
    metric_add(*metric, value, &tags);
    return 0;
}

/* upvalues: the generator, the kind */
static int metric_construct(lua_State *L)
{
    struct generator *generator = module_loadtest_generator(L);
    enum metric_kind kind =
        (enum metric_kind)lua_tointeger(L, lua_upvalueindex(2));
    const char *name = luaL_checkstring(L, 1);
    enum metric_unit unit = lua_toboolean(L, 2) ? METRIC_TIME : METRIC_PLAIN;
    struct metric **metric = lua_newuserdatauv(L, sizeof *metric, 0);
    struct err err;
    *metric =
        metrics_define(&generator->results.metrics, name, kind, unit, &err);
    if (!*metric)
        return luaL_error(L, "%s", err.message);
    luaL_setmetatable(L, METATABLE);
    return 1;
}

static const struct constructor {
    const char *name;
    enum metric_kind kind;
} constructors[] = {
    {"Counter", METRIC_COUNTER},
    {"Gauge", METRIC_GAUGE},
    {"Rate", METRIC_RATE},
    {"Trend", METRIC_TREND},
};

void module_metric_add_functions(lua_State *L)
{
    for (size_t i = 0; i < sizeof constructors / sizeof *constructors; i++) {
        module_loadtest_push_generator(L);
        lua_pushinteger(L, constructors[i].kind);
        lua_pushcclosure(L, metric_construct, 2);
        lua_setfield(L, -2, constructors[i].name);
    }
    luaL_newmetatable(L, METATABLE);
    lua_createtable(L, 0, 1);
    module_loadtest_push_generator(L);
    lua_pushcclosure(L, metric_add_value, 1);
    lua_setfield(L, -2, "add");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
