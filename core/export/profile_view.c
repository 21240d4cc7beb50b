#include "export/profile_view.h"

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

#include "profile/profile.h"

#define TYPE "perilune.profile"

struct profile_view {
    const struct profile *profile; /* NULL after profile_view_close */
};

static const struct profile *check_view(lua_State *L)
{
    struct profile_view *view = luaL_checkudata(L, 1, TYPE);
    if (!view->profile)
        luaL_error(L, "the profile exists only while export runs");
    return view->profile;
}

/* Returns argument 2, an id from 1 to n. Raises if it is not. */
static uint32_t check_id(lua_State *L, uint32_t n, const char *what)
{
    lua_Integer id = luaL_checkinteger(L, 2);
    if (id < 1 || id > n)
        luaL_argerror(L, 2,
                      lua_pushfstring(L, "%s ids are 1 to %I, got %I", what,
                                      (LUAI_UACINT)n, (LUAI_UACINT)id));
    return (uint32_t)id;
}

static void push_string(lua_State *L, const struct profile *p, uint32_t id)
{
    size_t len;
    const char *s = profile_get_string(p, id, &len);
    lua_pushlstring(L, s, len);
}

static void set_string(lua_State *L, const struct profile *p, const char *field,
                       uint32_t id)
{
    push_string(L, p, id);
    lua_setfield(L, -2, field);
}

static void set_integer(lua_State *L, const char *field, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

static void set_boolean(lua_State *L, const char *field, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, field);
}

static void push_value_type(lua_State *L, const struct profile *p,
                            struct profile_value_type type)
{
    lua_createtable(L, 0, 2);
    set_string(L, p, "type", type.type);
    set_string(L, p, "unit", type.unit);
}

static int view_header(lua_State *L)
{
    const struct profile *p = check_view(L);
    const struct profile_header *h = profile_get_header(p);
    lua_createtable(L, 0, 10);
    set_integer(L, "time_ns", h->time_ns);
    set_integer(L, "duration_ns", h->duration_ns);
    set_integer(L, "period", h->period);
    set_string(L, p, "default_sample_type", h->default_sample_type);
    set_string(L, p, "drop_frames", h->drop_frames);
    set_string(L, p, "keep_frames", h->keep_frames);
    set_string(L, p, "doc_url", h->doc_url);
    push_value_type(L, p, h->period_type);
    lua_setfield(L, -2, "period_type");

    uint32_t n = profile_n_sample_types(p);
    lua_createtable(L, (int)n, 0);
    for (uint32_t i = 0; i < n; i++) {
        push_value_type(L, p, profile_get_sample_type(p, i));
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "sample_types");

    n = profile_n_comments(p);
    lua_createtable(L, (int)n, 0);
    for (uint32_t i = 0; i < n; i++) {
        push_string(L, p, profile_get_comment(p, i));
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "comments");
    return 1;
}

static int view_counts(lua_State *L)
{
    const struct profile *p = check_view(L);
    lua_pushinteger(L, profile_n_samples(p));
    lua_pushinteger(L, profile_n_locations(p));
    lua_pushinteger(L, profile_n_functions(p));
    lua_pushinteger(L, profile_n_mappings(p));
    return 4;
}

static int view_mapping(lua_State *L)
{
    const struct profile *p = check_view(L);
    const struct profile_mapping *m =
        profile_get_mapping(p, check_id(L, profile_n_mappings(p), "mapping"));
    lua_createtable(L, 0, 9);
    set_integer(L, "start", (int64_t)m->start);
    set_integer(L, "limit", (int64_t)m->limit);
    set_integer(L, "offset", (int64_t)m->offset);
    set_string(L, p, "filename", m->filename);
    set_string(L, p, "build_id", m->build_id);
    set_boolean(L, "has_functions", m->has_functions);
    set_boolean(L, "has_filenames", m->has_filenames);
    set_boolean(L, "has_line_numbers", m->has_line_numbers);
    set_boolean(L, "has_inline_frames", m->has_inline_frames);
    return 1;
}

static int view_func(lua_State *L)
{
    const struct profile *p = check_view(L);
    const struct profile_function *f = profile_get_function(
        p, check_id(L, profile_n_functions(p), "function"));
    lua_createtable(L, 0, 4);
    set_string(L, p, "name", f->name);
    set_string(L, p, "system_name", f->system_name);
    set_string(L, p, "filename", f->filename);
    set_integer(L, "start_line", f->start_line);
    return 1;
}

static int view_location(lua_State *L)
{
    const struct profile *p = check_view(L);
    struct profile_location l = profile_get_location(
        p, check_id(L, profile_n_locations(p), "location"));
    lua_createtable(L, 0, 4);
    set_integer(L, "mapping", l.mapping);
    set_integer(L, "address", (int64_t)l.address);
    set_boolean(L, "is_folded", l.is_folded);
    lua_createtable(L, (int)l.n_lines, 0);
    for (uint32_t i = 0; i < l.n_lines; i++) {
        lua_createtable(L, 0, 3);
        set_integer(L, "func", l.lines[i].function);
        set_integer(L, "line", l.lines[i].line);
        set_integer(L, "column", l.lines[i].column);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "lines");
    return 1;
}

/* Pushes the table at `arg`, to be filled again, or a new table if there is no
 * argument. */
static void push_array(lua_State *L, int arg, uint32_t n)
{
    if (lua_isnoneornil(L, arg)) {
        lua_createtable(L, (int)n, 0);
        return;
    }
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushvalue(L, arg);
}

/* stack: ..., array. Removes the entries after n. */
static void cut_array(lua_State *L, uint32_t n)
{
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i > n; i--) {
        lua_pushnil(L);
        lua_rawseti(L, -2, i);
    }
}

static void push_label(lua_State *L, const struct profile *p,
                       const struct profile_label *label)
{
    lua_createtable(L, 0, 3);
    set_string(L, p, "key", label->key);
    if (label->str) {
        set_string(L, p, "str", label->str);
    } else {
        set_integer(L, "num", label->num);
        set_string(L, p, "unit", label->num_unit);
    }
}

/* profile:sample(i [, locations [, values [, labels]]]) fills the tables that
 * are passed, instead of making new ones, so that a loop over all samples makes
 * no garbage. */
static int view_sample(lua_State *L)
{
    const struct profile *p = check_view(L);
    uint32_t i = check_id(L, profile_n_samples(p), "sample");
    struct profile_sample s = profile_get_sample(p, i - 1);
    uint32_t n_types = profile_n_sample_types(p);
    lua_settop(L, 5);
    push_array(L, 3, s.n_locations);
    for (uint32_t j = 0; j < s.n_locations; j++) {
        lua_pushinteger(L, s.locations[j]);
        lua_rawseti(L, -2, j + 1);
    }
    cut_array(L, s.n_locations);
    push_array(L, 4, n_types);
    for (uint32_t j = 0; j < n_types; j++) {
        lua_pushinteger(L, s.values[j]);
        lua_rawseti(L, -2, j + 1);
    }
    cut_array(L, n_types);
    push_array(L, 5, s.n_labels);
    for (uint32_t j = 0; j < s.n_labels; j++) {
        push_label(L, p, &s.labels[j]);
        lua_rawseti(L, -2, j + 1);
    }
    cut_array(L, s.n_labels);
    return 3;
}

struct profile_view *profile_view_push(lua_State *L, const struct profile *p)
{
    static const luaL_Reg methods[] = {
        {"header", view_header},
        {"counts", view_counts},
        {"mapping", view_mapping},
        {"func", view_func},
        {"location", view_location},
        {"sample", view_sample},
        {NULL, NULL},
    };
    struct profile_view *view = lua_newuserdatauv(L, sizeof *view, 0);
    view->profile = p;
    if (luaL_newmetatable(L, TYPE)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return view;
}

void profile_view_close(struct profile_view *view) { view->profile = NULL; }
