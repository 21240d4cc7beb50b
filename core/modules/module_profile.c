/* module_profile.c -- `require "profile"`: labels that a script attaches to its
 * samples, in profiles of every kind.
 *
 *   profile.labels { tenant = "a" }            until the request ends
 *   profile.with({ step = "parse" }, f, ...)   while f runs -> what f returns
 *
 * The labels belong to the running task. While the task runs they are also the
 * labels of the thread, where a sample finds them.
 *
 * Path: script -> [module_profile] -> sample/tables/label_values.c,
 * sample/walk/context.c
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

#include "modules/modules.h"
#include "sample/tables/label_values.h"
#include "sample/walk/context.h"
#include "script/scheduler.h"

#define SCOPE "perilune.labels"

static struct task *running_task(lua_State *L)
{
    const struct scheduler *scheduler = scheduler_of(L);
    return scheduler ? scheduler_running(scheduler) : NULL;
}

/* Returns 0 if no task runs. */
static uint64_t running_number(lua_State *L)
{
    const struct task *task = running_task(L);
    return task ? task_number(task) : 0;
}

static void set_labels(lua_State *L, uint32_t labels)
{
    struct task *task = running_task(L);
    if (task)
        task_set_labels(task, labels);
    context_set_labels(labels);
}

static const char *check_label_key(lua_State *L)
{
    size_t n;
    if (lua_type(L, -2) != LUA_TSTRING)
        luaL_error(L, "a label's name must be a string, got %s",
                   luaL_typename(L, -2));
    const char *key = lua_tolstring(L, -2, &n);
    if (n == 0 || n > LABEL_KEY_MAX_BYTES || strlen(key) != n)
        luaL_error(L, "a label's name must have 1 to %d bytes",
                   LABEL_KEY_MAX_BYTES);
    if (label_key_is_reserved(key))
        luaL_error(L, "the label '%s' is set by the program", key);
    return key;
}

/* Replaces the value on top of the stack by its text, which it returns. */
static const char *check_label_value(lua_State *L, const char *key)
{
    size_t n;
    int type = lua_type(L, -1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        luaL_error(L,
                   "label '%s' must be a string, a number or a boolean, "
                   "got %s",
                   key, luaL_typename(L, -1));
    luaL_tolstring(L, -1, &n);
    lua_replace(L, -2);
    const char *value = lua_tostring(L, -1);
    if (n > LABEL_VALUE_MAX_BYTES || strlen(value) != n)
        luaL_error(L, "label '%s' must have at most %d bytes", key,
                   LABEL_VALUE_MAX_BYTES);
    return value;
}

/* Returns the current labels together with those of the table at 1. */
static uint32_t add_labels(lua_State *L)
{
    uint32_t labels = context_labels();
    luaL_checktype(L, 1, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *key = check_label_key(L);
        const char *value = check_label_value(L, key);
        labels = label_values_add(labels, key, value);
    }
    return labels;
}

static int label_task(lua_State *L)
{
    set_labels(L, add_labels(L));
    return 0;
}

/* A to-be-closed value that restores the labels from before, also after an
 * error. Another task may close a coroutine of this task: then nothing is
 * restored. */
struct scope {
    uint64_t task;   /* the number of the task; 0: none */
    uint32_t labels; /* from before */
};

static int close_scope(lua_State *L)
{
    const struct scope *scope = luaL_checkudata(L, 1, SCOPE);
    if (scope->task == running_number(L))
        set_labels(L, scope->labels);
    return 0;
}

/* stack: scope, results... */
static int finish_with(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L) - 1;
}

static int with_labels(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    uint32_t labels = add_labels(L);
    struct scope *scope = lua_newuserdatauv(L, sizeof *scope, 0);
    *scope = (struct scope){running_number(L), context_labels()};
    luaL_setmetatable(L, SCOPE);
    lua_replace(L, 1);
    lua_toclose(L, 1);
    set_labels(L, labels);
    lua_callk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, finish_with);
    return finish_with(L, LUA_OK, 0);
}

static const luaL_Reg functions[] = {
    {"labels", label_task}, /* for the rest of this task */
    {"with", with_labels},  /* while a function runs */
    {NULL, NULL},
};

int module_profile_open(lua_State *L)
{
    luaL_newmetatable(L, SCOPE);
    lua_pushcfunction(L, close_scope);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
