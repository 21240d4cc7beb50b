#include "load/module_loadtest.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/load.h"
#include "load/module_metric.h"
#include "load/vu.h"
#include "load/vu_http.h"
#include "load/vu_script.h"
#include "script/state.h"

#define GROUP "perilune.group"

/* Addresses of these are keys of the registry. */
static const char load_key, env_key;

void module_loadtest_push_load(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &load_key);
}

struct load *module_loadtest_load(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static struct vu *current_vu(lua_State *L, const char *name)
{
    const char *why;
    struct vu *vu = vu_script_current(module_loadtest_load(L), L, &why);
    if (!vu)
        luaL_error(L, "%s %s", name, why);
    return vu;
}

/* Of a virtual user that counts something: it need not be able to wait. */
static struct vu *counting_vu(lua_State *L, const char *name)
{
    struct vu *vu = module_loadtest_load(L)->current;
    if (!vu)
        luaL_error(L,
                   "%s is not allowed while the script is being loaded: call "
                   "it in a virtual user's function",
                   name);
    return vu;
}

/* Goes through the table; a condition that is a function may wait, and then
 * this is where it comes back (status LUA_YIELD).
 * stack: value, conditions, name[, result] */
static int check_rest(lua_State *L, int status, lua_KContext all_passed)
{
    struct vu *vu = counting_vu(L, "check");
    struct load *load = vu->load;
    bool answered = status == LUA_YIELD;
    while (answered || lua_next(L, 2)) {
        if (!answered && lua_isfunction(L, -1)) {
            lua_pushvalue(L, 1);
            lua_callk(L, 1, 1, all_passed, check_rest);
        }
        answered = false;
        size_t n;
        bool passed = lua_toboolean(L, -1);
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "check: the name of a check must be a string");
        const char *name = lua_tolstring(L, -2, &n);
        checks_count(&load->results.checks, vu->group, name, n, passed);
        metrics_add(&load->results.metrics, METRIC_CHECKS, passed);
        all_passed = all_passed && passed;
        lua_pop(L, 1);
    }
    lua_pushboolean(L, all_passed != 0);
    return 1;
}

/* check(value, { name = function(value) | boolean, ... }): all passed? */
static int check(lua_State *L)
{
    luaL_checkany(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_pushnil(L);
    return check_rest(L, LUA_OK, 1);
}

/* A stretch of an iteration. As a to-be-closed value it ends with the call of
 * group, by an error, too. */
struct group {
    struct vu *vu;
    uint32_t outer;
    int64_t begun_ns;
};

static int group_close(lua_State *L)
{
    struct group *group = luaL_checkudata(L, 1, GROUP);
    if (!group->vu)
        return 0;
    double ms = (double)(clock_mono_ns() - group->begun_ns) / 1e6;
    metrics_add(&group->vu->load->results.metrics, METRIC_GROUP_DURATION, ms);
    group->vu->group = group->outer;
    group->vu = NULL;
    return 0;
}

static int group_return(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L) - 2; /* stack: name, the group, results... */
}

/* group(name, f): what f returns */
static int group(lua_State *L)
{
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    struct vu *vu = counting_vu(L, "group");
    struct group *opened = lua_newuserdatauv(L, sizeof *opened, 0);
    *opened = (struct group){vu, vu->group, clock_mono_ns()};
    luaL_setmetatable(L, GROUP);
    lua_insert(L, 2);
    lua_toclose(L, 2); /* stack: name, the group, f */
    vu->group = checks_group(&vu->load->results.checks, vu->group, name, n);
    lua_callk(L, 0, LUA_MULTRET, 0, group_return);
    return group_return(L, LUA_OK, 0);
}

static void on_awake(uv_timer_t *timer) { vu_script_wake(timer->data); }

/* sleep(seconds) */
static int load_sleep(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e7, 1,
                  "seconds from 0 expected");
    struct vu *vu = current_vu(L, "sleep");
    /* libuv counts whole milliseconds from a clock that may be behind. */
    double due_ms = ceil((double)clock_mono_ns() / 1e6 + seconds * 1e3);
    uint64_t wait_ms = (uint64_t)due_ms - uv_now(&vu->load->loop);
    uv_timer_start(&vu->timer, on_awake, wait_ms, 0);
    vu_script_wait(vu);
    lua_settop(L, 0);
    return lua_yield(L, 0);
}

/* fail([message]): ends the iteration */
static int fail(lua_State *L)
{
    luaL_where(L, 1);
    lua_pushstring(L, luaL_optstring(L, 1, "fail"));
    lua_concat(L, 2);
    return lua_error(L);
}

/* loadtest.vu, loadtest.iteration */
static int get_field(lua_State *L)
{
    const struct load *load = module_loadtest_load(L);
    const char *name = luaL_checkstring(L, 2);
    const struct vu *vu = load->current;
    if (strcmp(name, "vu") == 0)
        lua_pushinteger(L, vu ? vu->number : load->opening);
    else if (strcmp(name, "iteration") == 0)
        lua_pushinteger(L, vu ? vu->iteration : 0);
    else
        lua_pushnil(L);
    return 1;
}

static void set_variable(lua_State *L, const char *variable)
{
    const char *equals = strchr(variable, '=');
    if (!equals)
        return;
    lua_pushlstring(L, variable, (size_t)(equals - variable));
    lua_pushstring(L, equals + 1);
    lua_rawset(L, -3);
}

void module_loadtest_install(lua_State *L, struct load *load,
                             const char *const *env)
{
    lua_pushlightuserdata(L, load);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &load_key);
    lua_newtable(L);
    for (char **variable = environ; *variable; variable++)
        set_variable(L, *variable);
    for (; env && *env; env++)
        set_variable(L, *env);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
    script_preload(L, "loadtest", module_loadtest_open);
    vu_http_install(L, load);
}

static const luaL_Reg functions[] = {
    {"check", check}, {"group", group}, {"sleep", load_sleep},
    {"fail", fail},   {NULL, NULL},
};

int module_loadtest_open(lua_State *L)
{
    luaL_newmetatable(L, GROUP);
    lua_pushcfunction(L, group_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);

    luaL_newlibtable(L, functions);
    module_loadtest_push_load(L);
    luaL_setfuncs(L, functions, 1);
    module_metric_add_functions(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
    lua_setfield(L, -2, "env");
    lua_createtable(L, 0, 1);
    module_loadtest_push_load(L);
    lua_pushcclosure(L, get_field, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    return 1;
}
