#include "http/module_request.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <microhttpd.h>
#include <string.h>

#include "http/exchange.h"
#include "http/url.h"
#include "script/call.h"
#include "script/modules.h"

#define REQUEST "perilune.request"
#define HEADERS "perilune.headers"

/* A name and value of the query or of the head, owned by libmicrohttpd. */
struct pair {
    const char *name, *value;
    size_t name_len, value_len;
};

struct pairs {
    struct pair *list;
    size_t n, room;
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

/* All pairs of a kind, in an array that Lua owns, pushed. libmicrohttpd's
 * iterator must not be left by a longjmp, so nothing is made of them yet. */
static struct pairs push_pairs(lua_State *L, struct MHD_Connection *connection,
                               enum MHD_ValueKind kind)
{
    int n = MHD_get_connection_values_n(connection, kind, NULL, NULL);
    struct pairs pairs = {.room = n > 0 ? (size_t)n : 0};
    pairs.list = lua_newuserdatauv(L, pairs.room * sizeof *pairs.list + 1, 0);
    MHD_get_connection_values_n(connection, kind, collect_pair, &pairs);
    return pairs;
}

static void push_decoded(lua_State *L, const char *text, size_t len)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);
    luaL_pushresultsize(&b, url_decode(out, text, len));
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

static void push_body(lua_State *L, const struct exchange *x)
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

/* Of a name that is there twice, the first value counts. */
static void push_query(lua_State *L, const struct exchange *x)
{
    struct pairs pairs =
        push_pairs(L, x->request->connection, MHD_GET_ARGUMENT_KIND);
    lua_createtable(L, 0, (int)pairs.n);
    for (size_t i = pairs.n; i-- > 0;) {
        struct pair *pair = &pairs.list[i];
        push_decoded(L, pair->name, pair->name_len);
        push_decoded(L, pair->value, pair->value_len);
        lua_rawset(L, -3);
    }
    lua_remove(L, -2);
}

/* Values of the same name are joined, as RFC 9110 allows. */
static void push_headers(lua_State *L, const struct exchange *x)
{
    struct pairs pairs = push_pairs(L, x->request->connection, MHD_HEADER_KIND);
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

/* headers["Content-Type"]: names are kept in lower case. */
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

static const struct field {
    const char *name;
    void (*push)(lua_State *L, const struct exchange *x);
} fields[] = {
    {"method", push_method}, {"path", push_path},       {"params", push_params},
    {"query", push_query},   {"headers", push_headers}, {"body", push_body},
};

static const struct field *find_field(const char *name)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* Push the table of the fields that were read or set; stack: req, ... */
static void push_cache(lua_State *L)
{
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
}

/* stack: req, key, value */
static int set_field(lua_State *L)
{
    luaL_checkudata(L, 1, REQUEST);
    lua_settop(L, 3);
    push_cache(L);
    lua_insert(L, 2);
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

/* req:json(): the body, decoded. A malformed one raises what the server
 * answers with 400. Upvalue: json.decode. */
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

/* stack: req, key. Upvalue: the method json. */
static int get_field(lua_State *L)
{
    struct exchange **handle = luaL_checkudata(L, 1, REQUEST);
    const char *name = luaL_checkstring(L, 2);
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL)
            return 1;
    }
    if (strcmp(name, "json") == 0) {
        lua_pushvalue(L, lua_upvalueindex(1));
        return 1;
    }
    const struct field *field = find_field(name);
    if (!field)
        return 0;
    if (!*handle)
        return luaL_error(L, "the request is over: read req.%s in its handler",
                          name);
    lua_settop(L, 2);
    push_cache(L);
    field->push(L, *handle);
    lua_pushvalue(L, -1);
    lua_setfield(L, 3, name);
    return 1;
}

int module_request_open(lua_State *L)
{
    luaL_newmetatable(L, HEADERS);
    lua_pushcfunction(L, index_headers);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);

    luaL_newmetatable(L, REQUEST);
    luaL_requiref(L, "json", module_json_open, 0);
    lua_getfield(L, -1, "decode");
    lua_pushcclosure(L, decode_body, 1);
    lua_pushcclosure(L, get_field, 1);
    lua_setfield(L, -3, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, set_field);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
    return 0;
}

void module_request_push(lua_State *L, struct exchange *exchange)
{
    struct exchange **handle = lua_newuserdatauv(L, sizeof *handle, 1);
    *handle = NULL;
    luaL_setmetatable(L, REQUEST);
    *handle = exchange;
    exchange->handle = handle;
}

void module_request_release(struct exchange *exchange)
{
    if (exchange->handle)
        *exchange->handle = NULL;
    exchange->handle = NULL;
}
