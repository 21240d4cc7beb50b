/* vu_script.c -- runs the script's function in the virtual user's coroutine,
 * which lives as long as the virtual user: a coroutine that has returned can
 * be started again, and one that has failed is reset. */
#include "load/vu_script.h"

#include <lauxlib.h>
#include <libgen.h>
#include <limits.h>
#include <lua.h>
#include <stdio.h>

#include "base/log.h"
#include "load/load.h"
#include "load/module_loadtest.h"
#include "load/scenario.h"
#include "load/vu.h"
#include "script/call.h"
#include "script/state.h"

#define ERRORS_LOGGED 10

/* Runs protected. stack: load, env */
static int install(lua_State *L)
{
    struct load *load = lua_touserdata(L, 1);
    const char *const *env = lua_touserdata(L, 2);
    module_loadtest_install(L, load, env);
    return 0;
}

static bool open_state(struct load *load, const char *path,
                       const char *const *env, struct err *err)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    load->L = script_state_new(dirname(dir), err);
    if (!load->L)
        return false;
    lua_pushcfunction(load->L, install);
    lua_pushlightuserdata(load->L, load);
    lua_pushlightuserdata(load->L, (void *)env);
    return script_call(load->L, 2, 0, err);
}

int vu_script_load(struct load *load, const char *path, const char *const *env,
                   struct err *err)
{
    if (!open_state(load, path, env, err))
        return LOAD_EXIT_SCRIPT;
    lua_State *L = load->L;
    if (!chunk_load(&load->chunk, L, path, err))
        return LOAD_EXIT_CONFIG;
    if (!chunk_run(&load->chunk, L, err))
        return LOAD_EXIT_SCRIPT;
    /* The table stays at the bottom of the stack, for vu_script_check. */
    lua_pushliteral(L, "options");
    bool ok =
        lua_rawget(L, 1) == LUA_TNIL || config_read(load->config, L, -1, err);
    lua_settop(L, 1);
    return ok ? 0 : LOAD_EXIT_CONFIG;
}

/* The type of the script's field. */
static int field_type(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    int type = lua_rawget(L, 1);
    lua_pop(L, 1);
    return type;
}

/* k6 runs these; to pass over them in silence would be worse than to say so. */
static const char *const not_run[] = {"setup", "teardown", "handleSummary"};

bool vu_script_check(struct load *load, struct err *err)
{
    const struct config *config = load->config;
    lua_State *L = load->L;
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        int type = field_type(L, scenario->exec);
        if (type != LUA_TFUNCTION)
            return err_set(err,
                           "scenario '%s': the script's table must have a "
                           "function '%s', got %s",
                           scenario->name, scenario->exec,
                           lua_typename(L, type));
    }
    for (size_t i = 0; i < sizeof not_run / sizeof *not_run; i++)
        if (field_type(L, not_run[i]) != LUA_TNIL)
            return err_set(err, "the script's '%s' is not supported",
                           not_run[i]);
    lua_settop(L, 0);
    return true;
}

static void log_error(struct vu *vu, const struct err *err)
{
    struct load *load = vu->load;
    if (++load->results.n_script_errors > ERRORS_LOGGED)
        return;
    log_write(LOG_ERROR, "script_error",
              LOG_FIELDS(log_integer("vu", vu->number),
                         log_integer("iteration", vu->iteration),
                         log_text("message", err->message)));
    if (load->results.n_script_errors == ERRORS_LOGGED)
        log_write(
            LOG_WARN, "script_errors",
            LOG_FIELDS(log_text("note", "further ones are only counted")));
}

/* Go on with the function, and see how it comes back. */
static void resume(struct vu *vu)
{
    struct load *load = vu->load;
    struct err err;
    int n_results;
    load->current = vu;
    int status = script_resume(vu->co, load->L, 0, &n_results, &err);
    load->current = NULL;
    if (status == LUA_YIELD && vu->waiting)
        return;
    if (status == LUA_YIELD)
        err_set(&err, "the script's function yields to nobody: only http "
                      "requests and sleep may wait");
    if (status != LUA_OK) {
        log_error(vu, &err);
        lua_resetthread(vu->co);
    }
    lua_settop(vu->co, 0);
    vu_finish(vu);
}

void vu_script_wait(struct vu *vu) { vu->waiting = true; }

void vu_script_wake(struct vu *vu)
{
    vu->waiting = false;
    resume(vu);
}

struct vu *vu_script_current(struct load *load, lua_State *L, const char **why)
{
    struct vu *vu = load->current;
    *why = NULL;
    if (!vu)
        *why = "is not allowed while the script is being loaded: call it in "
               "a virtual user's function";
    else if (L != vu->co)
        *why = "has to wait, which it cannot do in a coroutine of the "
               "script's own";
    else if (!lua_isyieldable(L))
        *why = "has to wait, which it cannot do in a function that "
               "string.gsub, table.sort or another C function calls";
    return *why ? NULL : vu;
}

static void begin(struct vu *vu)
{
    vu->group = CHECKS_ROOT;
    lua_rawgeti(vu->co, LUA_REGISTRYINDEX, vu->exec_ref);
    resume(vu);
}

static void interrupt(struct vu *vu)
{
    vu->waiting = false;
    lua_resetthread(vu->co);
    lua_settop(vu->co, 0);
}

/* Runs protected. stack: the script's table, its function's name, the vu */
static int keep(lua_State *L)
{
    struct vu *vu = lua_touserdata(L, 3);
    lua_settop(L, 2);
    lua_rawget(L, 1);
    vu->exec_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    vu->co = lua_newthread(L);
    vu->co_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static bool open_script(struct vu *vu, struct err *err)
{
    struct load *load = vu->load;
    lua_State *L = load->L;
    load->opening = vu->number;
    bool ok = chunk_run(&load->chunk, L, err);
    load->opening = 0;
    if (!ok)
        return false;
    lua_pushcfunction(L, keep);
    lua_insert(L, -2);
    lua_pushstring(L, vu->run->scenario->exec);
    lua_pushlightuserdata(L, vu);
    return script_call(L, 3, 0, err);
}

static void close_script(struct vu *vu)
{
    if (!vu->co)
        return;
    luaL_unref(vu->load->L, LUA_REGISTRYINDEX, vu->co_ref);
    luaL_unref(vu->load->L, LUA_REGISTRYINDEX, vu->exec_ref);
    vu->co = NULL;
}

const struct behaviour vu_script = {
    .open = open_script,
    .close = close_script,
    .begin = begin,
    .interrupt = interrupt,
};
