/* vu_script.c -- runs the script's function in the virtual user's coroutine,
 * which lives as long as the virtual user: a coroutine that has returned can be
 * started again, and one that has failed is reset. */
#include "load/vu_script.h"

#include <lauxlib.h>
#include <libgen.h>
#include <limits.h>
#include <lua.h>
#include <stdio.h>

#include "base/log.h"
#include "load/generator.h"
#include "load/load.h"
#include "load/module_loadtest.h"
#include "load/scenario.h"
#include "load/vu.h"
#include "load/vu_http.h"
#include "modules/modules.h"
#include "script/call.h"
#include "script/state.h"
#include "script/value.h"

#define ERRORS_LOGGED 10

/* Runs protected. stack: generator */
static int install_modules(lua_State *L)
{
    struct generator *generator = lua_touserdata(L, 1);
    generator->table_ref = generator->data_ref = LUA_NOREF;
    module_loadtest_install(L, generator);
    return 0;
}

static bool open_state(struct generator *generator, struct err *err)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s", generator->load->script);
    generator->L = script_state_new(dirname(dir), modules_for_scripts, err);
    if (!generator->L)
        return false;
    lua_pushcfunction(generator->L, install_modules);
    lua_pushlightuserdata(generator->L, generator);
    return script_call(generator->L, 1, 0, err);
}

/* Runs protected. stack: generator, the script's table */
static int keep_table(lua_State *L)
{
    struct generator *generator = lua_touserdata(L, 1);
    lua_settop(L, 2);
    generator->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

int vu_script_load(struct generator *generator, struct err *err)
{
    if (!open_state(generator, err))
        return LOAD_EXIT_SCRIPT;
    lua_State *L = generator->L;
    if (!chunk_load(&generator->chunk, L, generator->load->script, err))
        return LOAD_EXIT_CONFIG;
    lua_pushcfunction(L, keep_table);
    lua_pushlightuserdata(L, generator);
    bool ok = chunk_run(&generator->chunk, L, err) && script_call(L, 2, 0, err);
    lua_settop(L, 0);
    return ok ? 0 : LOAD_EXIT_SCRIPT;
}

int vu_script_push_field(struct generator *generator, lua_State *L,
                         const char *name)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, generator->table_ref);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    return lua_type(L, -1);
}

int vu_script_read_options(struct generator *generator, struct config *config,
                           struct err *err)
{
    lua_State *L = generator->L;
    bool ok = vu_script_push_field(generator, L, "options") == LUA_TNIL ||
              config_read(config, L, -1, err);
    lua_settop(L, 0);
    return ok ? 0 : LOAD_EXIT_CONFIG;
}

static int field_type(struct generator *generator, const char *name)
{
    int type = vu_script_push_field(generator, generator->L, name);
    lua_pop(generator->L, 1);
    return type;
}

bool vu_script_has(struct generator *generator, const char *name)
{
    return field_type(generator, name) == LUA_TFUNCTION;
}

/* The functions that a script may have or not. */
static const char *const hooks[] = {"setup", "teardown", "handleSummary"};

bool vu_script_check(struct generator *generator, const struct config *config,
                     struct err *err)
{
    lua_State *L = generator->L;
    for (unsigned i = 0; i < config->n_scenarios; i++) {
        const struct scenario *scenario = &config->scenarios[i];
        int type = field_type(generator, scenario->exec);
        if (type != LUA_TFUNCTION)
            return err_set(err,
                           "scenario '%s': the script's table must have a "
                           "function '%s', got %s",
                           scenario->name, scenario->exec,
                           lua_typename(L, type));
    }
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        int type = field_type(generator, hooks[i]);
        if (type != LUA_TFUNCTION && type != LUA_TNIL)
            return err_set(err, "the script's '%s' must be a function, got %s",
                           hooks[i], lua_typename(L, type));
    }
    return true;
}

/* Runs protected. stack: generator, bytes */
static int read_data(lua_State *L)
{
    struct generator *generator = lua_touserdata(L, 1);
    value_read(L, lua_touserdata(L, 2));
    generator->data_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

bool vu_script_take_data(struct generator *generator, const struct buf *data,
                         struct err *err)
{
    lua_State *L = generator->L;
    if (data->failed)
        return err_set(err, "out of memory");
    lua_pushcfunction(L, read_data);
    lua_pushlightuserdata(L, generator);
    lua_pushlightuserdata(L, data->data);
    return script_call(L, 2, 0, err);
}

static void log_error(struct vu *vu, const struct err *err)
{
    struct generator *generator = vu->generator;
    generator->results.n_script_errors++;
    if (++generator->n_errors > ERRORS_LOGGED)
        return;
    log_write(LOG_ERROR, "script_error",
              LOG_FIELDS(log_integer("vu", vu->number),
                         log_integer("iteration", vu->iteration),
                         log_text("message", err->message)));
    if (generator->n_errors == ERRORS_LOGGED)
        log_write(
            LOG_WARN, "script_errors",
            LOG_FIELDS(log_text("note", "further errors are only counted")));
}

/* Returns the hook that the virtual user runs; NULL for all but number 0. */
static struct hook *hook_of(struct vu *vu)
{
    struct generator *generator = vu->generator;
    if (vu->number > 0)
        return NULL;
    return vu == &generator->setup.vu ? &generator->setup
                                      : &generator->teardown;
}

/* Reports the error of the virtual user's function. */
static void on_failed(struct vu *vu, const struct err *err)
{
    struct hook *hook = hook_of(vu);
    if (hook)
        hook_fail(hook, err);
    else
        log_error(vu, err);
    lua_resetthread(vu->co);
}

/* Resumes the function and handles its outcome: a wait, an interruption, an
 * error, or the end of the iteration. */
static void resume_vu(struct vu *vu, int n_args)
{
    struct generator *generator = vu->generator;
    struct err err;
    int n_results;
    generator->current = vu;
    generator->overrun.n_resumed++;
    int status = script_resume(vu->co, generator->L, n_args, &n_results, &err);
    generator->current = NULL;
    if (status == LUA_YIELD && vu->waiting)
        return;
    if (overrun_take(vu)) {
        vu_break_off(vu);
        return;
    }
    if (status == LUA_YIELD)
        err_set(&err, "the script's function yields outside of a "
                      "coroutine of its own: only http "
                      "requests and sleep may wait");
    if (status != LUA_OK)
        on_failed(vu, &err);
    else if (vu->number == 0)
        hook_return(hook_of(vu), vu->co, n_results);
    lua_settop(vu->co, 0);
    vu_finish(vu);
}

void vu_script_wait(struct vu *vu) { vu->waiting = true; }

void vu_script_wake(struct vu *vu)
{
    vu->waiting = false;
    resume_vu(vu, 0);
}

struct vu *vu_script_current(struct generator *generator, lua_State *L,
                             const char **why)
{
    struct vu *vu = generator->current;
    *why = NULL;
    if (!vu)
        *why = "is not allowed while the script is being loaded, nor in "
               "handleSummary: call it in a virtual user's function";
    else if (L != vu->co)
        *why = "has to wait, which is not possible in a coroutine that "
               "the script made";
    else if (!lua_isyieldable(L))
        *why = "has to wait, which is not possible in a function that "
               "string.gsub, table.sort or another C function calls";
    return *why ? NULL : vu;
}

static void begin_script(struct vu *vu)
{
    vu->group = CHECKS_ROOT;
    vu_http_begin(vu);
    lua_rawgeti(vu->co, LUA_REGISTRYINDEX, vu->exec_ref);
    lua_rawgeti(vu->co, LUA_REGISTRYINDEX, vu->generator->data_ref);
    resume_vu(vu, 1);
}

static void interrupt_script(struct vu *vu)
{
    vu->waiting = false;
    lua_resetthread(vu->co);
    lua_settop(vu->co, 0);
}

/* Runs protected. stack: the script's table, its function's name, the vu */
static int keep_coroutine(lua_State *L)
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
    struct generator *generator = vu->generator;
    lua_State *L = generator->L;
    generator->opening = vu;
    bool ok = chunk_run(&generator->chunk, L, err);
    generator->opening = NULL;
    if (!ok)
        return false;
    lua_pushcfunction(L, keep_coroutine);
    lua_insert(L, -2);
    lua_pushstring(L, vu->run->scenario->exec);
    lua_pushlightuserdata(L, vu);
    return script_call(L, 3, 0, err);
}

static void close_script(struct vu *vu)
{
    if (!vu->co)
        return;
    luaL_unref(vu->generator->L, LUA_REGISTRYINDEX, vu->co_ref);
    luaL_unref(vu->generator->L, LUA_REGISTRYINDEX, vu->exec_ref);
    vu->co = NULL;
}

const struct behaviour vu_script = {
    .open = open_script,
    .close = close_script,
    .begin = begin_script,
    .interrupt = interrupt_script,
};
