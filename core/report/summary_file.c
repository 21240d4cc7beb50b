/* summary_file.c -- decodes the JSON with the module `json` in a Lua state and
 * reads the tables there. */
#include "report/summary_file.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "modules/modules.h"
#include "script/call.h"
#include "script/state.h"

const char *const summary_file_trends[SUMMARY_FILE_TRENDS] = {
    "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)"};

/* --- fields of the table on top of the stack ------------------------------ */

/* Pushes the field. Returns false and pushes nothing if the value on top is not
 * a table, or if the field does not have this type. */
static bool push_field(lua_State *L, const char *name, int type)
{
    if (!lua_istable(L, -1))
        return false;
    lua_pushstring(L, name);
    if (lua_rawget(L, -2) == type)
        return true;
    lua_pop(L, 1);
    return false;
}

static double get_number(lua_State *L, const char *name, double otherwise)
{
    if (!push_field(L, name, LUA_TNUMBER))
        return otherwise;
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* Returns a copy of the text field, NULL if there is none. The caller frees it.
 */
static char *get_text(lua_State *L, const char *name)
{
    if (!push_field(L, name, LUA_TSTRING))
        return NULL;
    char *text = strdup(lua_tostring(L, -1));
    lua_pop(L, 1);
    return text;
}

/* Returns the list of `n` numbers, NULL if the field is not such a list. */
static double *get_list(lua_State *L, const char *name, size_t n)
{
    double *list = NULL;
    if (!push_field(L, name, LUA_TTABLE))
        return NULL;
    if (lua_rawlen(L, -1) == n)
        list = calloc(n + 1, sizeof *list);
    for (size_t i = 0; list && i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        list[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return list;
}

/* --- the parts of a summary ------------------------------------------------
 */

static bool missing(const char *what, struct err *err)
{
    return err_set(err,
                   "not the summary of a load test: %s is missing; write one "
                   "with --summary-export",
                   what);
}

/* stack: ..., metrics */
static bool read_metrics(lua_State *L, struct summary_file *file,
                         struct err *err)
{
    if (!push_field(L, "http_reqs", LUA_TTABLE))
        return missing("metrics.http_reqs", err);
    file->n_requests = get_number(L, "count", 0);
    file->rate = get_number(L, "rate", 0);
    lua_pop(L, 1);
    /* k6 counts true values as `passes`, and here true means failed. */
    if (push_field(L, "http_req_failed", LUA_TTABLE)) {
        file->n_failed = get_number(L, "passes", 0);
        lua_pop(L, 1);
    }
    if (!push_field(L, "http_req_duration", LUA_TTABLE))
        return missing("metrics.http_req_duration", err);
    for (unsigned i = 0; i < SUMMARY_FILE_TRENDS; i++)
        file->trends[i] = get_number(L, summary_file_trends[i], NAN);
    lua_pop(L, 1);
    return true;
}

/* stack: ..., windows */
static void read_windows(lua_State *L, struct summary_file *file)
{
    size_t n = 0;
    if (push_field(L, "seconds", LUA_TTABLE)) {
        n = lua_rawlen(L, -1);
        lua_pop(L, 1);
    }
    file->seconds = get_list(L, "seconds", n);
    file->requests = get_list(L, "requests", n);
    file->failed = get_list(L, "failed", n);
    bool all = file->seconds && file->requests && file->failed;
    for (unsigned i = 0; i < WINDOW_COLUMNS; i++) {
        file->columns[i] = get_list(L, window_columns[i], n);
        all = all && file->columns[i];
    }
    file->n_windows = all ? n : 0;
}

/* stack: ..., the list of functions */
static void read_functions(lua_State *L, struct summary_profile *profile)
{
    size_t n = lua_rawlen(L, -1);
    profile->functions = calloc(n + 1, sizeof *profile->functions);
    for (size_t i = 0; profile->functions && i < n; i++) {
        struct summary_function *function =
            &profile->functions[profile->n_functions];
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        function->name = get_text(L, "name");
        function->own = get_number(L, "own", 0);
        function->n_samples = get_number(L, "samples", 0);
        profile->n_functions += function->name != NULL;
        lua_pop(L, 1);
    }
}

/* stack: ..., kinds */
static void read_summary_profile(lua_State *L, struct summary_profile *profile,
                                 const char *kind)
{
    if (!push_field(L, kind, LUA_TTABLE))
        return;
    profile->is_there = true;
    profile->error = get_text(L, "error");
    profile->total = get_number(L, "total", 0);
    profile->n_samples = get_number(L, "samples", 0);
    if (push_field(L, "functions", LUA_TTABLE)) {
        read_functions(L, profile);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* stack: the summary */
static bool read_summary(lua_State *L, struct summary_file *file,
                         struct err *err)
{
    if (!push_field(L, "metrics", LUA_TTABLE))
        return missing("metrics", err);
    if (!read_metrics(L, file, err))
        return false;
    lua_pop(L, 1);
    if (push_field(L, "windows", LUA_TTABLE)) {
        read_windows(L, file);
        lua_pop(L, 1);
    }
    if (push_field(L, "profiles", LUA_TTABLE) &&
        push_field(L, "kinds", LUA_TTABLE))
        for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
            read_summary_profile(L, &file->profiles[id],
                                 profile_kinds[id]->name);
    return true;
}

/* Decodes the text and pushes the value. */
static bool decode_summary(lua_State *L, const struct buf *text,
                           struct err *err)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "json");
    if (!script_call(L, 1, 1, err))
        return false;
    lua_getfield(L, -1, "decode");
    lua_pushlstring(L, text->data, text->len);
    if (script_call(L, 1, 1, err))
        return true;
    err->message[strcspn(err->message, "\n")] = '\0'; /* a traceback follows */
    return false;
}

bool summary_file_read(struct summary_file *file, const char *path,
                       struct err *err)
{
    struct buf text = BUF_INIT;
    *file = (struct summary_file){.path = path};
    bool ok = file_read(path, &text, err);
    lua_State *L =
        ok ? script_state_new(NULL, modules_for_exporters, err) : NULL;
    if (L) {
        ok = decode_summary(L, &text, err) && read_summary(L, file, err);
        if (!ok)
            err_prefix(err, "%s: ", path);
        script_state_free(L);
    }
    buf_fini(&text);
    return ok && L;
}

void summary_file_fini(struct summary_file *file)
{
    free(file->seconds);
    free(file->requests);
    free(file->failed);
    for (unsigned i = 0; i < WINDOW_COLUMNS; i++)
        free(file->columns[i]);
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        struct summary_profile *profile = &file->profiles[id];
        for (size_t i = 0; i < profile->n_functions; i++)
            free(profile->functions[i].name);
        free(profile->functions);
        free(profile->error);
    }
    *file = (struct summary_file){.path = file->path};
}
