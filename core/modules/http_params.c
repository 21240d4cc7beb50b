#include "modules/http_params.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "client/chain.h"
#include "client/cookie.h"
#include "client/request.h"
#include "modules/http_cookies.h"
#include "modules/http_statuses.h"
#include "modules/module_http.h"
#include "script/tag_table.h"

static bool is_header(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* stack: ..., the table of headers */
static void read_headers(lua_State *L, struct chain *chain,
                         struct http_given *given)
{
    struct buf *out = &chain->transfer.request;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        size_t n_name, n_value;
        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1))
            luaL_error(L, "params.headers: names and values must be strings");
        const char *name = lua_tolstring(L, -2, &n_name);
        const char *value = lua_tolstring(L, -1, &n_value);
        if (!request_header_valid(name, n_name, value, n_value))
            luaL_error(L, "params.headers: '%s' is not a valid header", name);
        given->host |= is_header(name, "host");
        given->user_agent |= is_header(name, "user-agent");
        chain->keep_authorization |= is_header(name, "authorization");
        if (is_header(name, "cookie")) /* a request has one Cookie header */
            chain_give_cookie(chain, CHAIN_COOKIE_HEADER, "", value);
        else if (!is_header(name, "content-length"))
            request_header(out, name, n_name, value, n_value);
        lua_pop(L, 1);
    }
}

/* stack: ..., the table of tags */
static void read_tags(lua_State *L, struct buf *out)
{
    struct err err;
    if (!tag_table_read(out, L, -1, "params.tags", &err))
        luaL_error(L, "%s", err.message);
}

/* Pushes and returns the text of a cookie, which is given as a text or as
 * { value =, replace = }. stack: ..., name, value */
static const char *to_cookie(lua_State *L, const char *name,
                             enum chain_cookie *kind)
{
    *kind = CHAIN_COOKIE_ADDED;
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "replace");
        if (lua_toboolean(L, -1))
            *kind = CHAIN_COOKIE_REPLACES;
        lua_pop(L, 1);
        lua_getfield(L, -1, "value");
    } else {
        lua_pushvalue(L, -1); /* a number is converted in the copy */
    }
    size_t n;
    const char *value = lua_tolstring(L, -1, &n);
    if (!value)
        luaL_error(L,
                   "params.cookies: '%s' must be a string, or a table with "
                   "value and replace",
                   name);
    if (!cookie_is_name(name, strlen(name)) || !cookie_is_value(value, n))
        luaL_error(L, "params.cookies: '%s' is not a valid cookie", name);
    return value;
}

/* stack: ..., the table of cookies */
static void give_cookies(lua_State *L, struct chain *chain)
{
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        enum chain_cookie kind;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "params.cookies: names must be strings");
        const char *name = lua_tostring(L, -2);
        const char *value = to_cookie(L, name, &kind);
        chain_give_cookie(chain, kind, name, value);
        lua_pop(L, 2);
    }
}

/* Returns the timeout on top of the stack in nanoseconds. A number stands for
 * milliseconds, as in k6. */
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

/* Returns how the user and password of the URL are sent. */
static enum chain_auth to_auth(lua_State *L, const struct chain *chain)
{
    const char *auth =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    bool digest = strcmp(auth, "digest") == 0;
    if (!digest && strcmp(auth, "basic") != 0)
        luaL_error(L, "params.auth must be 'basic' or 'digest'");
    if (!chain->transfer.url.userinfo.at)
        luaL_error(L,
                   "params.auth '%s' needs a user in the URL: "
                   "http://user:password@host/",
                   auth);
    return digest ? CHAIN_DIGEST : CHAIN_BASIC;
}

/* Returns true if the response keeps its body. */
static bool to_response_type(lua_State *L)
{
    const char *type =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    bool none = strcmp(type, "none") == 0;
    if (!none && strcmp(type, "text") != 0 && strcmp(type, "binary") != 0)
        luaL_error(L, "params.responseType must be 'text', 'binary' (which is "
                      "the same: strings are bytes) or 'none'");
    return !none;
}

/* Copies the set: another task that shares the params may remove it from them
 * while the request is in progress. */
static void set_expected(lua_State *L, struct chain *chain)
{
    const struct status_set *set =
        http_statuses_check(L, -1, "params.responseCallback");
    if (set)
        chain->expected = *set;
    chain->transfer.expected = set ? &chain->expected : NULL;
}

static void set_redirects(lua_State *L, struct chain *chain)
{
    int whole;
    lua_Integer n = lua_tointegerx(L, -1, &whole);
    if (!whole || n < 0 || n > 1000)
        luaL_error(L, "params.redirects must be a whole number from 0 to 1000");
    chain->redirects_max = (unsigned)n;
    chain->warn_of_redirects = false;
}

void http_params_reset(struct chain *chain, const struct http_options *options)
{
    bool given = options->max_redirects >= 0;
    chain_begin(chain);
    chain->transfer.tags.len = 0;
    chain->transfer.timeout_ns = TRANSFER_TIMEOUT_NS;
    chain->transfer.keep_body = !options->discard_bodies;
    chain->redirects_max =
        given ? (unsigned)options->max_redirects : CHAIN_REDIRECTS_MAX;
    chain->warn_of_redirects = !given;
}

void http_params_read_tags(lua_State *L, int index, struct chain *chain)
{
    if (!lua_istable(L, index))
        return;
    if (lua_getfield(L, index, "tags") == LUA_TTABLE)
        read_tags(L, &chain->transfer.tags);
    lua_pop(L, 1);
}

/* Reads the field on top of the stack. Returns false if no field has this name
 * and type. */
static bool read_param(lua_State *L, const char *name, struct chain *chain,
                       struct http_given *given)
{
    struct transfer *transfer = &chain->transfer;
    if (strcmp(name, "headers") == 0 && lua_istable(L, -1)) {
        read_headers(L, chain, given);
    } else if (strcmp(name, "cookies") == 0 && lua_istable(L, -1)) {
        give_cookies(L, chain);
    } else if (strcmp(name, "tags") == 0 && lua_istable(L, -1)) {
        read_tags(L, &transfer->tags);
    } else if (strcmp(name, "timeout") == 0) {
        transfer->timeout_ns = to_timeout(L);
    } else if (strcmp(name, "auth") == 0) {
        chain->auth = to_auth(L, chain);
    } else if (strcmp(name, "jar") == 0) {
        chain->jar = http_cookies_check(L, -1);
        given->jar = true;
    } else if (strcmp(name, "redirects") == 0) {
        set_redirects(L, chain);
        given->redirects = true;
    } else if (strcmp(name, "responseCallback") == 0) {
        set_expected(L, chain);
        given->response_callback = true;
    } else if (strcmp(name, "responseType") == 0) {
        transfer->keep_body = to_response_type(L);
        given->response_type = true;
    } else {
        return given->other_fields &&
               (strcmp(name, "method") == 0 || strcmp(name, "url") == 0 ||
                strcmp(name, "body") == 0);
    }
    return true;
}

void http_params_read(lua_State *L, int index, struct chain *chain,
                      struct http_given *given)
{
    if (!lua_istable(L, index))
        luaL_error(L, "params must be a table, got a %s",
                   luaL_typename(L, index));
    lua_pushnil(L);
    while (lua_next(L, index)) { /* stack: ..., name, value */
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (!read_param(L, name, chain, given))
            luaL_error(L,
                       "params.%s: unknown, or of a wrong type; known are "
                       "headers, cookies and tags (tables), auth, jar, "
                       "redirects, responseCallback, responseType and timeout",
                       name);
        lua_pop(L, 1);
    }
}
