/* module_http.c -- k6's functions.
 *
 * A request's bytes are written into a transfer, the coroutine yields, and the
 * reply is copied into one userdata when it goes on (module_response.c). Bad
 * arguments raise; what goes wrong on the way is in res.error and
 * res.error_code, as in k6.
 */
#include "script/module_http.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "client/request.h"
#include "script/module_response.h"
#include "script/state.h"

/* In the registry, under the address: the host. */
static const char host_key;

/* Which headers the script has given itself. */
struct given {
    bool host, user_agent;
};

static const struct http_host *get_host(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int respond(lua_State *L, struct transfer *transfer)
{
    const struct http_host *host = get_host(L);
    module_response_push(L, transfer);
    transfer_trim(transfer);
    host->release(host->ctx, transfer);
    return 1;
}

static int on_woken(lua_State *L, int status, lua_KContext transfer)
{
    (void)status;
    return respond(L, (struct transfer *)transfer);
}

/* stack: ..., the table of headers */
static void put_headers(lua_State *L, struct buf *out, struct given *given)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        size_t n_name, n_value;
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1))
            luaL_error(L, "params.headers: names and values must be strings");
        const char *name = lua_tolstring(L, -2, &n_name);
        const char *value = lua_tolstring(L, -1, &n_value);
        if (!request_header_valid(name, n_name, value, n_value))
            luaL_error(L, "params.headers: '%s' is not a valid header", name);
        given->host |= strcasecmp(name, "host") == 0;
        given->user_agent |= strcasecmp(name, "user-agent") == 0;
        if (strcasecmp(name, "content-length") != 0)
            request_header(out, name, n_name, value, n_value);
        lua_pop(L, 1);
    }
}

/* A number is milliseconds, as in k6. */
static int64_t to_timeout(lua_State *L)
{
    int64_t ns = 0;
    lua_Number ms = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    if (ms > 0 && ms < 1e10)
        ns = (int64_t)(ms * 1e6);
    else if (lua_type(L, -1) == LUA_TSTRING)
        duration_parse(lua_tostring(L, -1), &ns);
    if (ns <= 0)
        luaL_error(L, "params.timeout must be %s, or milliseconds",
                   DURATION_GRAMMAR);
    return ns;
}

static void put_params(lua_State *L, int index, struct transfer *transfer,
                       struct given *given)
{
    if (lua_isnoneornil(L, index))
        return;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) { /* stack: ..., name, value */
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(name, "headers") == 0 && lua_istable(L, -1))
            put_headers(L, &transfer->request, given);
        else if (strcmp(name, "timeout") == 0)
            transfer->timeout_ns = to_timeout(L);
        else if (strcmp(name, "tags") != 0 || !lua_istable(L, -1))
            luaL_error(L,
                       "params.%s: unknown, or of a wrong type; known are "
                       "headers and tags (tables) and timeout",
                       name);
        lua_pop(L, 1);
    }
}

static bool is_method(const char *method)
{
    return *method &&
           strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(method);
}

/* The request's bytes, from the arguments. The URL's parts point into the
 * string, which stays on the coroutine's stack until the reply is there. */
static void build(lua_State *L, struct transfer *transfer, const char *method,
                  int body, int params)
{
    struct given given = {false, false};
    size_t n_body = 0;
    const char *bytes = NULL;
    if (!lua_isnoneornil(L, body))
        bytes = luaL_checklstring(L, body, &n_body);
    transfer->timeout_ns = TRANSFER_TIMEOUT_NS;
    transfer->head_only = strcmp(method, "HEAD") == 0;
    transfer->idempotent = transfer->head_only || strcmp(method, "GET") == 0 ||
                           strcmp(method, "OPTIONS") == 0;
    transfer->keep_headers = true;
    request_begin(&transfer->request, method, &transfer->url);
    put_params(L, params, transfer, &given);
    if (!given.host)
        request_host(&transfer->request, &transfer->url);
    if (!given.user_agent)
        request_user_agent(&transfer->request, get_host(L)->user_agent);
    request_end(&transfer->request, bytes, n_body);
}

static int request(lua_State *L, const char *name, const char *method, int url,
                   int body, int params)
{
    const char *why;
    size_t n;
    const struct http_host *host = get_host(L);
    const char *text = luaL_checklstring(L, url, &n);
    struct transfer *transfer = host->take(host->ctx, L, &why);
    if (!transfer)
        return luaL_error(L, "http.%s %s", name, why);

    enum client_error error = CLIENT_INVALID_URL;
    struct err err;
    if (url_parse(&transfer->url, text, n, &err)) {
        build(L, transfer, method, body, params);
        error = CLIENT_OUT_OF_MEMORY;
        if (!transfer->request.failed && host->send(host->ctx, transfer))
            return lua_yieldk(L, 0, (lua_KContext)transfer, on_woken);
        buf_fini(&transfer->request);
    }
    host->fail(host->ctx, transfer, error);
    return respond(L, transfer);
}

/* http.get(url [, params]) and http.head */
static int without_body(lua_State *L, const char *name, const char *method)
{
    lua_settop(L, 2);
    lua_settop(L, 3); /* what is absent is nil */
    return request(L, name, method, 1, 3, 2);
}

/* http.post(url [, body [, params]]) and so on */
static int with_body(lua_State *L, const char *name, const char *method)
{
    lua_settop(L, 3);
    return request(L, name, method, 1, 2, 3);
}

/* A function each, so that a profile can tell them apart. */
static int get(lua_State *L) { return without_body(L, "get", "GET"); }

static int head(lua_State *L) { return without_body(L, "head", "HEAD"); }

static int post(lua_State *L) { return with_body(L, "post", "POST"); }

static int put(lua_State *L) { return with_body(L, "put", "PUT"); }

static int patch(lua_State *L) { return with_body(L, "patch", "PATCH"); }

static int del(lua_State *L) { return with_body(L, "del", "DELETE"); }

static int options(lua_State *L) { return with_body(L, "options", "OPTIONS"); }

/* http.request(method, url [, body [, params]]) */
static int http_request(lua_State *L)
{
    const char *method = luaL_checkstring(L, 1);
    luaL_argcheck(L, is_method(method), 1, "a method in capitals expected");
    lua_settop(L, 4);
    return request(L, "request", method, 2, 3, 4);
}

static const luaL_Reg functions[] = {
    {"get", get},         {"head", head},
    {"post", post},       {"put", put},
    {"patch", patch},     {"del", del},
    {"options", options}, {"request", http_request},
    {NULL, NULL},
};

/* All have two upvalues: the host, the response's metatable. */
static int open_module(lua_State *L)
{
    luaL_newlibtable(L, functions);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
    module_response_push_metatable(L);
    luaL_setfuncs(L, functions, 2);
    return 1;
}

void module_http_install(lua_State *L, const struct http_host *host)
{
    lua_pushlightuserdata(L, (void *)host);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
    script_preload(L, "http", open_module);
}
