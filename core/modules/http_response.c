/* http_response.c -- a response is one block of memory with the headers and the
 * body behind the struct. Tables and strings are made when the script reads a
 * field, so the fields that the script does not read cost nothing, and a
 * response needs no finalizer. */
#include "modules/http_response.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "client/transfer.h"
#include "modules/http_cookies.h"

#define METATABLE "perilune.response"

struct response {
    int status;                 /* 0: no reply */
    int code;                   /* k6's error code; 0: no error */
    const char *error, *detail; /* static texts */
    struct transfer_times times;
    size_t n_url, n_headers, n_body;
    char bytes[]; /* URL; name NUL value NUL...; body */
};

static const char *headers_of(const struct response *response)
{
    return response->bytes + response->n_url;
}

static void push_body(lua_State *L, const struct response *response)
{
    lua_pushlstring(L, headers_of(response) + response->n_headers,
                    response->n_body);
}

static void push_error(lua_State *L, const struct response *response)
{
    if (response->detail)
        lua_pushfstring(L, "%s: %s", response->error, response->detail);
    else
        lua_pushstring(L, response->error);
}

static void set_ms(lua_State *L, const char *name, double ms)
{
    lua_pushnumber(L, ms);
    lua_setfield(L, -2, name);
}

static void push_timings(lua_State *L, const struct response *response)
{
    struct transfer_timings timings;
    transfer_timings(&timings, &response->times);
    lua_createtable(L, 0, 7);
    set_ms(L, "blocked", timings.blocked);
    set_ms(L, "connecting", timings.connecting);
    set_ms(L, "tls_handshaking", timings.tls_handshaking);
    set_ms(L, "sending", timings.sending);
    set_ms(L, "waiting", timings.waiting);
    set_ms(L, "receiving", timings.receiving);
    set_ms(L, "duration", timings.duration);
}

/* Pushes a header name as k6 (Go) writes it: content-type -> Content-Type. */
static void push_canonical(lua_State *L, const char *name)
{
    luaL_Buffer out;
    bool upper = true;
    luaL_buffinit(L, &out);
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        luaL_addchar(&out, (char)(upper ? toupper(c) : tolower(c)));
        upper = c == '-';
    }
    luaL_pushresult(&out);
}

/* __index of the headers: headers["content-type"] finds "Content-Type". */
static int find_header(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    push_canonical(L, lua_tostring(L, 2));
    lua_rawget(L, 1);
    return 1;
}

static void push_headers(lua_State *L, const struct response *response)
{
    const char *at = headers_of(response);
    const char *end = at + response->n_headers;
    lua_newtable(L);
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        push_canonical(L, at);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL)
            lua_pushstring(L, value);
        else
            lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
        lua_remove(L, -2); /* stack: headers, name, value */
        lua_rawset(L, -3);
        at = value + strlen(value) + 1;
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, find_header);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* res:json() returns the body, decoded by the module json. */
static int decode_json_body(lua_State *L)
{
    const struct response *response = luaL_checkudata(L, 1, METATABLE);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "json");
    lua_callk(L, 1, 1, 0, NULL);
    lua_getfield(L, -1, "decode");
    push_body(L, response);
    lua_callk(L, 1, 1, 0, NULL);
    return 1;
}

static int get_response_field(lua_State *L)
{
    const struct response *response = lua_touserdata(L, 1);
    const char *name = luaL_checkstring(L, 2);
    if (strcmp(name, "status") == 0)
        lua_pushinteger(L, response->status);
    else if (strcmp(name, "body") == 0)
        push_body(L, response);
    else if (strcmp(name, "headers") == 0)
        push_headers(L, response);
    else if (strcmp(name, "cookies") == 0)
        http_cookies_push_set(L, headers_of(response), response->n_headers);
    else if (strcmp(name, "timings") == 0)
        push_timings(L, response);
    else if (strcmp(name, "url") == 0)
        lua_pushlstring(L, response->bytes, response->n_url);
    else if (strcmp(name, "error") == 0)
        push_error(L, response);
    else if (strcmp(name, "error_code") == 0)
        lua_pushinteger(L, response->code);
    else if (strcmp(name, "json") == 0)
        lua_pushcfunction(L, decode_json_body);
    else
        lua_pushnil(L);
    return 1;
}

void http_response_push_metatable(lua_State *L)
{
    if (!luaL_newmetatable(L, METATABLE))
        return;
    lua_pushcfunction(L, get_response_field);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

int http_response_push(lua_State *L, const struct transfer *transfer)
{
    struct url_part url = transfer->url.text;
    size_t n_headers = transfer->headers.len, n_body = transfer->body.len;
    struct response *response =
        lua_newuserdatauv(L, sizeof *response + url.n + n_headers + n_body, 0);
    response->status = transfer->status;
    response->code = transfer_error_code(transfer);
    response->error = client_error_text(transfer->error);
    response->detail = transfer->detail;
    response->times = transfer->times;
    response->n_url = url.n;
    response->n_headers = n_headers;
    response->n_body = n_body;
    memcpy(response->bytes, url.at, url.n);
    if (n_headers)
        memcpy(response->bytes + url.n, transfer->headers.data, n_headers);
    if (n_body)
        memcpy(response->bytes + url.n + n_headers, transfer->body.data,
               n_body);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_setmetatable(L, -2);
    return 1;
}
