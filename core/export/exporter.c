#include "export/exporter.h"

#include <ctype.h>
#include <lauxlib.h>
#include <libgen.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "export/export_out.h"
#include "export/profile_view.h"
#include "export/module_proto.h"
#include "modules/modules.h"
#include "script/call.h"
#include "script/state.h"

enum { API = 1, LOAD_LIMIT_S = 1, RUN_LIMIT_S = 60, INSTRUCTIONS = 1000000 };

/* ---- the time limit */

/* The deadline of the call that runs on this thread. */
static _Thread_local int64_t deadline_ns;

/* An exporter that loops for ever must not block the others. After the deadline
 * every instruction raises, so that a pcall in the script does not help it. */
static void check_time(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (clock_mono_ns() < deadline_ns)
        return;
    lua_sethook(L, check_time, LUA_MASKCOUNT, 1);
    luaL_error(L, "it took too long");
}

static void start_limit(lua_State *L, int seconds)
{
    deadline_ns = clock_mono_ns() + seconds * INT64_C(1000000000);
    lua_sethook(L, check_time, LUA_MASKCOUNT, INSTRUCTIONS);
}

static void end_limit(lua_State *L) { lua_sethook(L, NULL, 0, 0); }

/* ---- loading */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* stack: exporter. Copies a string field. Returns false and sets err if the
 * field is not a string or does not fit. */
static bool copy_string_field(lua_State *L, const char *field, char *out,
                              size_t size, struct err *err)
{
    int type = lua_getfield(L, -1, field);
    bool fits = false;
    if (type != LUA_TSTRING)
        err_set(err, "field '%s' must be a string, got %s", field,
                lua_typename(L, type));
    else if (lua_rawlen(L, -1) >= size || lua_rawlen(L, -1) == 0)
        err_set(err, "field '%s' must have 1 to %zu bytes", field, size - 1);
    else
        fits = snprintf(out, size, "%s", lua_tostring(L, -1)) > 0;
    lua_pop(L, 1);
    return fits;
}

/* Returns true if `s` can stand unquoted in a URL and in a file's name. */
static bool is_word(const char *s)
{
    while (isalnum((unsigned char)*s) || *s == '_' || *s == '-')
        s++;
    return *s == '\0';
}

static bool has_control_character(const char *s)
{
    while (*s && !iscntrl((unsigned char)*s))
        s++;
    return *s;
}

/* stack: the value that the file returned. Called protected: the table's fields
 * may have metamethods. */
static bool check_fields(lua_State *L, struct export_info *info,
                         struct err *err)
{
    if (!lua_istable(L, -1))
        return err_set(err, "the file must return a table, got %s",
                       luaL_typename(L, -1));
    lua_getfield(L, -1, "api");
    bool fits = lua_isinteger(L, -1) && lua_tointeger(L, -1) == API;
    if (!fits)
        err_set(err, "field 'api' must be %d, got %s", API,
                lua_isnil(L, -1) ? "nil" : luaL_tolstring(L, -1, NULL));
    lua_settop(L, 1);
    if (!fits ||
        !copy_string_field(L, "name", info->name, sizeof info->name, err) ||
        !copy_string_field(L, "extension", info->extension,
                           sizeof info->extension, err) ||
        !copy_string_field(L, "content_type", info->content_type,
                           sizeof info->content_type, err) ||
        !copy_string_field(L, "description", info->description,
                           sizeof info->description, err))
        return false;
    if (!is_word(info->name))
        return err_set(err,
                       "field 'name' may hold letters, digits, '_' and "
                       "'-', got '%s'",
                       info->name);
    if (info->extension[0] != '.' || strchr(info->extension, '/') ||
        has_control_character(info->extension) || strchr(info->extension, '"'))
        return err_set(err,
                       "field 'extension' must begin with '.' and be part "
                       "of a file's name, got '%s'",
                       info->extension);
    if (has_control_character(info->content_type))
        return err_set(err, "field 'content_type' holds a control character");
    int type = lua_getfield(L, -1, "export");
    lua_pop(L, 1);
    return type == LUA_TFUNCTION ||
           err_set(err, "field 'export' must be a function, got %s",
                   lua_typename(L, type));
}

struct checking {
    struct export_info *info;
    struct err *err;
    bool fits;
};

/* stack: the value that the file returned, checking (light) */
static int check_protected(lua_State *L)
{
    struct checking *c = lua_touserdata(L, 2);
    lua_settop(L, 1);
    c->fits = check_fields(L, c->info, c->err);
    return 0;
}

/* Runs the file and checks its table, which is left on the stack. */
static bool load_exporter(lua_State *L, struct export_info *info,
                          struct err *err)
{
    struct checking c = {.info = info, .err = err};
    script_preload(L, "proto", module_proto_open);
    start_limit(L, LOAD_LIMIT_S);
    bool loaded = script_run_file(L, info->path, 0, 1, err);
    if (loaded) {
        lua_pushcfunction(L, check_protected);
        lua_pushvalue(L, 1);
        lua_pushlightuserdata(L, &c);
        loaded = script_call(L, 2, 0, err) && c.fits;
    }
    end_limit(L);
    return loaded;
}

lua_State *exporter_open(const char *path, struct export_info *info,
                         struct err *err)
{
    char dir[sizeof info->path];
    struct export_info empty = {0};
    snprintf(empty.path, sizeof empty.path, "%s", path);
    *info = empty; /* `path` may point into `info` */
    snprintf(dir, sizeof dir, "%s", path);
    lua_State *L =
        script_state_new(catalog_default_dir(), modules_for_exporters, err);
    if (L && script_add_dir(L, dirname(dir), err) &&
        load_exporter(L, info, err))
        return L;
    if (L)
        script_state_free(L);
    err_prefix(err, "exporter '%s': ", base_name(info->path));
    return NULL;
}

/* ---- running */

struct running {
    const struct profile *profile;
    const char *options;
    struct export_out *out;
    struct profile_view *view;
};

/* Pushes "a=1&b=x" as a table. */
static void push_options(lua_State *L, const char *options)
{
    lua_newtable(L);
    while (options && *options) {
        size_t n = strcspn(options, "&");
        const char *equals = memchr(options, '=', n);
        size_t name_len = equals ? (size_t)(equals - options) : n;
        lua_pushlstring(L, options, name_len);
        if (equals)
            lua_pushlstring(L, equals + 1, n - name_len - 1);
        else
            lua_pushboolean(L, 1);
        lua_settable(L, -3);
        options += n + (options[n] == '&');
    }
}

/* stack: exporter, running (light) -> export, profile, out, options */
static int push_export_call(lua_State *L)
{
    struct running *r = lua_touserdata(L, 2);
    lua_getfield(L, 1, "export");
    r->view = profile_view_push(L, r->profile);
    r->out = export_out_push(L);
    push_options(L, r->options);
    return 4;
}

/* stack: exporter */
static bool run_prepared(lua_State *L, struct running *r, struct buf *out,
                         struct err *err)
{
    lua_pushcfunction(L, push_export_call);
    lua_insert(L, 1);
    lua_pushlightuserdata(L, r);
    if (!script_call(L, 2, 4, err))
        return false;
    /* C uses profile and out after the call, so they stay below it. */
    lua_pushvalue(L, 2);
    lua_insert(L, 1);
    lua_pushvalue(L, 4);
    lua_insert(L, 1);
    /* stack: out, profile, export, profile, out, options */
    start_limit(L, RUN_LIMIT_S);
    bool ran = script_call(L, 3, 0, err);
    end_limit(L);
    profile_view_close(r->view);
    return ran && export_out_take(r->out, out, err);
}

bool exporter_run(lua_State *L, const struct profile *profile,
                  const char *options, struct buf *out, struct err *err)
{
    struct running r = {.profile = profile, .options = options};
    bool ran = run_prepared(L, &r, out, err);
    lua_settop(L, 0);
    return ran;
}
