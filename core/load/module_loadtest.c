#include "load/module_loadtest.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "load/generator.h"
#include "load/load.h"
#include "load/module_metric.h"
#include "load/module_shared_array.h"
#include "load/vu.h"
#include "load/vu_http.h"
#include "load/vu_script.h"
#include "script/state.h"

#define GROUP "perilune.group"

/* The addresses of these two are keys of the registry. */
static const char generator_key, env_key;

void module_loadtest_push_generator(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &generator_key);
}

struct generator *module_loadtest_generator(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* Returns the virtual user that calls and may wait, or raises an error that
 * names the function `name`. */
static struct vu *current_vu(lua_State *L, const char *name)
{
    const char *why;
    struct vu *vu = vu_script_current(module_loadtest_generator(L), L, &why);
    if (!vu)
        luaL_error(L, "%s %s", name, why);
    return vu;
}

/* Returns the virtual user that calls. It counts something and need not be able
 * to wait. */
static struct vu *counting_vu(lua_State *L, const char *name)
{
    struct vu *vu = module_loadtest_generator(L)->current;
    if (!vu)
        luaL_error(L,
                   "%s is not allowed while the script is being loaded, nor in "
                   "handleSummary: call it in a virtual user's function",
                   name);
    return vu;
}

/* Goes through the table of conditions. A condition that is a function may
 * wait; load_check_rest is then its continuation, with status LUA_YIELD.
 * stack: value, conditions, tags or nil, name[, result] */
static int load_check_rest(lua_State *L, int status, lua_KContext all_passed)
{
    struct vu *vu = counting_vu(L, "check");
    struct results *results = &vu->generator->results;
    bool answered = status == LUA_YIELD;
    while (answered || lua_next(L, 2)) {
        if (!answered && lua_isfunction(L, -1)) {
            lua_pushvalue(L, 1);
            lua_callk(L, 1, 1, all_passed, load_check_rest);
        }
        answered = false;
        size_t n;
        bool passed = lua_toboolean(L, -1);
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "check: the name of a check must be a string");
        const char *name = lua_tolstring(L, -2, &n);
        if (strlen(name) != n)
            luaL_error(L, "check: the name '%s' must have no NUL bytes", name);
        struct metric *metric = results->metrics.all[METRIC_CHECKS];
        struct tags tags = vu_tags(vu);
        tags.check = name;
        module_metric_check_tags(L, 3, metric, &tags);
        checks_count(&results->checks, vu->group, name, n, passed);
        metric_add(metric, passed, &tags);
        all_passed = all_passed && passed;
        lua_pop(L, 1);
    }
    lua_pushboolean(L, all_passed != 0);
    return 1;
}

/* check(value, { name = function(value) | boolean, ... } [, tags]) returns true
 * if all conditions hold. */
static int load_check(lua_State *L)
{
    luaL_checkany(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 3);
    lua_pushnil(L);
    return load_check_rest(L, LUA_OK, 1);
}

/* A part of an iteration. It is a to-be-closed value, so that the group also
 * ends when an error ends the call of group(). */
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
    struct tags tags = vu_tags(group->vu);
    metrics_add(&group->vu->generator->results.metrics, METRIC_GROUP_DURATION,
                ms, &tags);
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

/* group(name, f) returns what f returns. */
static int load_group(lua_State *L)
{
    size_t n;
    const char *name = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, strlen(name) == n, 1, "a name without NUL bytes expected");
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    struct vu *vu = counting_vu(L, "group");
    struct group *opened = lua_newuserdatauv(L, sizeof *opened, 0);
    *opened = (struct group){vu, vu->group, clock_mono_ns()};
    luaL_setmetatable(L, GROUP);
    lua_insert(L, 2);
    lua_toclose(L, 2); /* stack: name, the group, f */
    vu->group =
        checks_group(&vu->generator->results.checks, vu->group, name, n);
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
    /* libuv counts whole milliseconds from a clock that may be late. */
    double due_ms = ceil((double)clock_mono_ns() / 1e6 + seconds * 1e3);
    uint64_t wait_ms = (uint64_t)due_ms - uv_now(&vu->generator->loop);
    uv_timer_start(&vu->timer, on_awake, wait_ms, 0);
    vu_script_wait(vu);
    lua_settop(L, 0);
    return lua_yield(L, 0);
}

/* fail([message]): ends the iteration */
static int load_fail(lua_State *L)
{
    luaL_where(L, 1);
    lua_pushstring(L, luaL_optstring(L, 1, "fail"));
    lua_concat(L, 2);
    return lua_error(L);
}

/* abort([message]) ends the test. The iteration does not go on. */
static int load_abort_test(lua_State *L)
{
    const char *message = luaL_optstring(L, 1, "aborted by the script");
    struct vu *vu = current_vu(L, "abort");
    log_write(LOG_WARN, "test_aborted",
              LOG_FIELDS(log_integer("vu", vu->number),
                         log_text("message", message)));
    load_abort(vu->generator->load);
    vu_script_wait(vu);
    lua_settop(L, 0);
    return lua_yield(L, 0);
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

static void push_env(lua_State *L, const struct load *load,
                     const struct variable *more)
{
    lua_newtable(L);
    for (char **variable = environ; *variable; variable++)
        set_variable(L, *variable);
    for (const char *const *v = load->env; v && *v; v++)
        set_variable(L, *v);
    for (; more; more = more->next) {
        lua_pushstring(L, more->value);
        lua_setfield(L, -2, more->name);
    }
}

/* Pushes the environment of the run, or of a scenario that has variables of its
 * own. The table is kept in the registry, under the scenario's address. */
static void get_env(lua_State *L, const struct generator *generator,
                    const struct vu *vu)
{
    const struct scenario *scenario = vu ? vu->run->scenario : NULL;
    const void *key = scenario && scenario->env ? scenario : (void *)&env_key;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    push_env(L, generator->load, scenario ? scenario->env : NULL);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/* loadtest.vu, loadtest.iteration, loadtest.scenario, loadtest.env */
static int loadtest_get_field(lua_State *L)
{
    const struct generator *generator = module_loadtest_generator(L);
    const char *name = luaL_checkstring(L, 2);
    const struct vu *vu =
        generator->current ? generator->current : generator->opening;
    if (strcmp(name, "vu") == 0)
        lua_pushinteger(L, vu ? vu->number : 0);
    else if (strcmp(name, "iteration") == 0)
        lua_pushinteger(L, vu ? vu->iteration : 0);
    else if (strcmp(name, "env") == 0)
        get_env(L, generator, vu);
    else if (strcmp(name, "scenario") == 0 && vu)
        lua_pushstring(L, vu->run->scenario->name);
    else
        lua_pushnil(L);
    return 1;
}

void module_loadtest_install(lua_State *L, struct generator *generator)
{
    lua_pushlightuserdata(L, generator);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &generator_key);
    script_preload(L, "loadtest", module_loadtest_open);
    vu_http_install(L, generator);
}

static const luaL_Reg functions[] = {
    {"check", load_check}, {"group", load_group},      {"sleep", load_sleep},
    {"fail", load_fail},   {"abort", load_abort_test}, {NULL, NULL},
};

int module_loadtest_open(lua_State *L)
{
    luaL_newmetatable(L, GROUP);
    lua_pushcfunction(L, group_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);

    luaL_newlibtable(L, functions);
    module_loadtest_push_generator(L);
    luaL_setfuncs(L, functions, 1);
    module_metric_add_functions(L);
    module_shared_array_add_functions(L);
    lua_createtable(L, 0, 1);
    module_loadtest_push_generator(L);
    lua_pushcclosure(L, loadtest_get_field, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    return 1;
}
