#include "handler/request_object.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <microhttpd.h>
#include <string.h>

#include "base/percent.h"
#include "handler/exchange.h"
#include "handler/stream_body.h"
#include "http/request_id.h"
#include "script/call.h"
#include "modules/modules.h"

#define REQUEST "perilune.request"
#define HEADERS "perilune.headers"

/* A name and its value, of the query or of the head. libmicrohttpd owns both.
 */
struct pair {
    const char *name, *value;
    size_t name_len, value_len;
};

#define FEW_PAIRS 16

struct pairs {
    struct pair *list; /* `few`, or memory that Lua owns */
    size_t n, room;
    struct pair few[FEW_PAIRS];
};

static enum MHD_Result collect_pair(void *ctx, enum MHD_ValueKind kind,
                                    const char *name, size_t name_len,
                                    const char *value, size_t value_len)
{
    (void)kind;
    struct pairs *pairs = ctx;
    if (pairs->n == pairs->room)
        return MHD_NO;
    pairs->list[pairs->n++] =
        (struct pair){name, value ? value : "", name_len, value_len};
    return MHD_YES;
}

/* Collects all pairs of a kind, and pushes the owner of their memory.
 * libmicrohttpd's iterator must not be left by a longjmp, so the pairs become
 * Lua values only afterwards. */
static void push_pairs(lua_State *L, struct MHD_Connection *connection,
                       enum MHD_ValueKind kind, struct pairs *pairs)
{
    int n = MHD_get_connection_values_n(connection, kind, NULL, NULL);
    pairs->n = 0;
    pairs->room = n > 0 ? (size_t)n : 0;
    pairs->list = pairs->few;
    if (pairs->room <= FEW_PAIRS)
        lua_pushnil(L);
    else
        pairs->list =
            lua_newuserdatauv(L, pairs->room * sizeof *pairs->list, 0);
    MHD_get_connection_values_n(connection, kind, collect_pair, pairs);
}

static void push_decoded(lua_State *L, const char *text, size_t len)
{
    if (!memchr(text, '%', len)) {
        lua_pushlstring(L, text, len);
        return;
    }
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);
    luaL_pushresultsize(&b, percent_decode(out, text, len));
}

static void push_lower(lua_State *L, const char *text, size_t len)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);
    for (size_t i = 0; i < len; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    luaL_pushresultsize(&b, len);
}

static void push_method(lua_State *L, const struct exchange *x)
{
    lua_pushstring(L, x->request->method);
}

static void push_path(lua_State *L, const struct exchange *x)
{
    push_decoded(L, x->request->path, strlen(x->request->path));
}

static void push_id(lua_State *L, const struct exchange *x)
{
    char id[REQUEST_ID_MAX + 1];
    if (!x->request->id)
        request_id_read(x->request, id);
    lua_pushstring(L, x->request->id ? x->request->id : id);
}

static void push_request_body(lua_State *L, const struct exchange *x)
{
    lua_pushlstring(L, x->request->body.data, x->request->body.len);
}

static void push_params(lua_State *L, const struct exchange *x)
{
    const struct pattern *pattern = x->match.pattern;
    lua_createtable(L, 0, x->match.n_values);
    for (int i = 0, k = 0; i < pattern->n_segments; i++) {
        const struct segment *s = &pattern->segments[i];
        if (s->kind == SEGMENT_LITERAL)
            continue;
        if (s->len > 0) {
            lua_pushlstring(L, s->text, s->len);
            push_decoded(L, x->match.values[k].start, x->match.values[k].len);
            lua_rawset(L, -3);
        }
        k++;
    }
}

/* If a name occurs twice, its first value counts. */
static void push_query(lua_State *L, const struct exchange *x)
{
    struct pairs pairs;
    push_pairs(L, x->request->connection, MHD_GET_ARGUMENT_KIND, &pairs);
    lua_createtable(L, 0, (int)pairs.n);
    for (size_t i = pairs.n; i-- > 0;) {
        struct pair *pair = &pairs.list[i];
        push_decoded(L, pair->name, pair->name_len);
        push_decoded(L, pair->value, pair->value_len);
        lua_rawset(L, -3);
    }
    lua_remove(L, -2);
}

/* stack: ..., lists, name, value -> ..., lists, with the value at the end of
 * the name's list */
static void add_to_list(lua_State *L)
{
    lua_pushvalue(L, -2);
    if (lua_rawget(L, -4) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -2);
        lua_rawset(L, -6);
    }
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
}

/* Each name has a list of all its values, in order. */
static void push_query_all(lua_State *L, const struct exchange *x)
{
    struct pairs pairs;
    push_pairs(L, x->request->connection, MHD_GET_ARGUMENT_KIND, &pairs);
    lua_createtable(L, 0, (int)pairs.n);
    for (size_t i = 0; i < pairs.n; i++) {
        struct pair *pair = &pairs.list[i];
        push_decoded(L, pair->name, pair->name_len);
        push_decoded(L, pair->value, pair->value_len);
        add_to_list(L);
    }
    lua_remove(L, -2);
}

/* Values of equal names are joined, as RFC 9110 allows. */
static void push_request_headers(lua_State *L, const struct exchange *x)
{
    struct pairs pairs;
    push_pairs(L, x->request->connection, MHD_HEADER_KIND, &pairs);
    lua_createtable(L, 0, (int)pairs.n);
    for (size_t i = 0; i < pairs.n; i++) {
        struct pair *pair = &pairs.list[i];
        push_lower(L, pair->name, pair->name_len);
        lua_pushvalue(L, -1);
        /* stack: ..., pairs, headers, name, name */
        if (lua_rawget(L, -3) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushlstring(L, pair->value, pair->value_len);
        } else {
            lua_pushliteral(L, ", ");
            lua_pushlstring(L, pair->value, pair->value_len);
            lua_concat(L, 3);
        }
        lua_rawset(L, -3);
    }
    luaL_setmetatable(L, HEADERS);
    lua_remove(L, -2);
}

/* headers["Content-Type"]: looks the name up in lower case. */
static int index_headers(lua_State *L)
{
    size_t len;
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    const char *name = lua_tolstring(L, 2, &len);
    push_lower(L, name, len);
    lua_rawget(L, 1);
    return 1;
}

/* The fields. A field's value, read or set by the script, is the user value at
 * the field's position in this list, from 1. The next user value is a table of
 * the script's own fields. */
static const struct field {
    const char *name;
    void (*push)(lua_State *L, const struct exchange *x);
} fields[] = {
    {"method", push_method},           {"path", push_path},
    {"params", push_params},           {"query", push_query},
    {"headers", push_request_headers}, {"body", push_request_body},
    {"query_all", push_query_all},     {"id", push_id},
};
#define N_FIELDS ((int)(sizeof fields / sizeof *fields))
#define OWN_FIELDS (N_FIELDS + 1)

/* Returns the position of the field that the key at 2 names, or 0 if there is
 * none. Upvalue 1: positions by name. */
static int find_request_field(lua_State *L)
{
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    int position = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return position;
}

/* stack: req, key, value */
static int set_request_field(lua_State *L)
{
    luaL_checkudata(L, 1, REQUEST);
    lua_settop(L, 3);
    int position = find_request_field(L);
    if (position) {
        lua_setiuservalue(L, 1, position);
        return 0;
    }
    if (lua_getiuservalue(L, 1, OWN_FIELDS) != LUA_TTABLE) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, OWN_FIELDS);
    }
    lua_insert(L, 2);
    /* stack: req, own fields, key, value or nil */
    lua_settop(L, 4);
    lua_rawset(L, 2);
    return 0;
}

static int raise_bad_json(lua_State *L, const struct err *err)
{
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, MHD_HTTP_BAD_REQUEST);
    lua_setfield(L, -2, "status");
    lua_pushlstring(L, err->message, strcspn(err->message, "\n"));
    lua_setfield(L, -2, "message");
    return lua_error(L);
}

/* req:json(): returns the decoded body. If the body is malformed, raises an
 * error that reply.c turns into a 400. Upvalue: json.decode. */
static int decode_body(lua_State *L)
{
    luaL_checkudata(L, 1, REQUEST);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_getfield(L, 1, "body");
    struct err err;
    if (!script_call(L, 1, 1, &err))
        return raise_bad_json(L, &err);
    return 1;
}

/* Pushes a field of the script's own, or a method. Upvalue 2: methods by name.
 * stack: req, key */
static int get_other(lua_State *L)
{
    if (lua_getiuservalue(L, 1, OWN_FIELDS) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL)
            return 1;
    }
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    return 1;
}

/* stack: req, key */
static int get_request_field(lua_State *L)
{
    struct exchange **handle = luaL_checkudata(L, 1, REQUEST);
    lua_settop(L, 2);
    int position = find_request_field(L);
    if (!position)
        return get_other(L);
    if (lua_getiuservalue(L, 1, position) != LUA_TNIL)
        return 1;
    const struct field *field = &fields[position - 1];
    if (!*handle)
        return luaL_error(L, "the request is over: read req.%s in its handler",
                          field->name);
    field->push(L, *handle);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, position);
    return 1;
}

static void push_positions(lua_State *L)
{
    lua_createtable(L, 0, N_FIELDS);
    for (int i = 0; i < N_FIELDS; i++) {
        lua_pushinteger(L, i + 1);
        lua_setfield(L, -2, fields[i].name);
    }
}

static void push_methods(lua_State *L)
{
    lua_newtable(L);
    luaL_requiref(L, "json", module_json_open, 0);
    lua_getfield(L, -1, "decode");
    lua_pushcclosure(L, decode_body, 1);
    lua_setfield(L, -3, "json");
    lua_pop(L, 1);
    lua_pushcfunction(L, stream_body_new);
    lua_setfield(L, -2, "stream");
}

void request_object_open(lua_State *L)
{
    stream_body_open(L);
    luaL_newmetatable(L, HEADERS);
    lua_pushcfunction(L, index_headers);
    lua_setfield(L, -2, "__index");

    luaL_newmetatable(L, REQUEST);
    push_positions(L);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, set_request_field, 1);
    lua_setfield(L, -3, "__newindex");
    push_methods(L);
    lua_pushcclosure(L, get_request_field, 2);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

void request_object_push(lua_State *L, struct exchange *exchange)
{
    struct exchange **handle = lua_newuserdatauv(L, sizeof *handle, OWN_FIELDS);
    *handle = NULL;
    luaL_setmetatable(L, REQUEST);
    *handle = exchange;
    exchange->handle = handle;
}

void request_object_release(struct exchange *exchange)
{
    if (exchange->handle)
        *exchange->handle = NULL;
    exchange->handle = NULL;
}
