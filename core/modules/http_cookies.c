/* http_cookies.c -- a jar is a userdata that holds a cookie jar of its own or
 * points to the cookie jar of a virtual user. */
#include "modules/http_cookies.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <strings.h>

#include "client/cookie_jar.h"

#define JAR "perilune.cookie_jar"

struct jar {
    struct cookie_jar *jar; /* `own`, or the jar of a virtual user */
    struct cookie_jar own;
};

static struct jar *push_jar(lua_State *L)
{
    struct jar *jar = lua_newuserdatauv(L, sizeof *jar, 0);
    *jar = (struct jar){.jar = &jar->own};
    luaL_setmetatable(L, JAR);
    return jar;
}

int http_cookies_push(lua_State *L, struct cookie_jar *theirs)
{
    push_jar(L)->jar = theirs;
    return 1;
}

int http_cookies_new(lua_State *L)
{
    push_jar(L);
    return 1;
}

struct cookie_jar *http_cookies_check(lua_State *L, int index)
{
    struct jar *jar = luaL_testudata(L, index, JAR);
    if (!jar)
        luaL_error(L, "params.jar must be a jar of http.cookieJar() or "
                      "http.CookieJar()");
    return jar->jar;
}

static int collect_jar(lua_State *L)
{
    struct jar *jar = luaL_checkudata(L, 1, JAR);
    cookie_jar_fini(&jar->own);
    return 0;
}

/* Reads the first two arguments of a method. Returns the jar and stores the
 * URL. */
static struct cookie_jar *check_jar_and_url(lua_State *L, struct url *url)
{
    struct jar *jar = luaL_checkudata(L, 1, JAR);
    size_t n;
    struct err err;
    const char *text = luaL_checklstring(L, 2, &n);
    if (!url_parse(url, text, n, &err))
        luaL_argerror(L, 2, err.message);
    return jar->jar;
}

/* Pops a value and appends it to the list t[name]. stack: ..., t, value */
static void append_to_list(lua_State *L, const char *name, size_t n)
{
    lua_pushlstring(L, name, n);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -4) == LUA_TNIL) { /* stack: t, value, name, nil */
        lua_pop(L, 1);
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -6);
    }
    lua_pushvalue(L, -3); /* stack: t, value, name, list, value */
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 3);
}

/* jar:cookiesForURL(url) -> { name = { value, ... } } */
static int cookies_for_url(lua_State *L)
{
    struct url url;
    uint32_t at = 0;
    const struct jar_cookie *cookie;
    const struct cookie_jar *jar = check_jar_and_url(L, &url);
    lua_newtable(L);
    while ((cookie = cookie_jar_next(jar, &url, &at))) {
        lua_pushstring(L, cookie->value);
        append_to_list(L, cookie->name, strlen(cookie->name));
    }
    return 1;
}

static struct url_part to_part(lua_State *L, int index, const char *what)
{
    size_t n;
    const char *text = lua_tolstring(L, index, &n);
    if (!text)
        luaL_error(L, "options.%s must be a string", what);
    return (struct url_part){text, n};
}

/* Sets the option on top of the stack. `cookie` points to its text, which the
 * table of options keeps alive. */
static void set_option(lua_State *L, const char *name, struct cookie *cookie)
{
    if (strcasecmp(name, "path") == 0) {
        cookie->path = to_part(L, -1, name);
    } else if (strcasecmp(name, "domain") == 0) {
        cookie->domain = to_part(L, -1, name);
    } else if (strcasecmp(name, "expires") == 0) {
        struct url_part date = to_part(L, -1, name);
        if (!cookie_parse_date(date.at, date.n, &cookie->expires_s))
            luaL_error(L, "options.expires must be a date as in HTTP, got '%s'",
                       date.at);
        cookie->has_expires = true;
    } else if (strcasecmp(name, "max_age") == 0) {
        if (!lua_isinteger(L, -1))
            luaL_error(L, "options.max_age must be a number of seconds");
        cookie->max_age_s = lua_tointeger(L, -1);
        cookie->has_max_age = true;
    } else if (strcasecmp(name, "secure") == 0) {
        cookie->secure = lua_toboolean(L, -1);
    } else if (strcasecmp(name, "http_only") == 0) {
        cookie->http_only = lua_toboolean(L, -1);
    } else {
        luaL_error(L,
                   "options.%s: unknown; known are path, domain, expires, "
                   "max_age, secure and http_only",
                   name);
    }
}

/* jar:set(url, name, value [, options]) -> true */
static int set_cookie(lua_State *L)
{
    struct url url;
    struct cookie cookie = {0};
    struct cookie_jar *jar = check_jar_and_url(L, &url);
    cookie.name.at = luaL_checklstring(L, 3, &cookie.name.n);
    cookie.value.at = luaL_checklstring(L, 4, &cookie.value.n);
    luaL_argcheck(L, cookie_is_name(cookie.name.at, cookie.name.n), 3,
                  "not a valid name of a cookie");
    luaL_argcheck(L, cookie_is_value(cookie.value.at, cookie.value.n), 4,
                  "not a valid value of a cookie");
    if (!lua_isnoneornil(L, 5)) {
        luaL_checktype(L, 5, LUA_TTABLE);
        lua_pushnil(L);
        while (lua_next(L, 5)) { /* stack: ..., name, value */
            const char *name =
                lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
            set_option(L, name, &cookie);
            lua_pop(L, 1);
        }
    }
    cookie_jar_set(jar, &url, &cookie);
    lua_pushboolean(L, true);
    return 1;
}

/* jar:clear(url) */
static int clear_cookies(lua_State *L)
{
    struct url url;
    struct cookie_jar *jar = check_jar_and_url(L, &url);
    cookie_jar_drop(jar, &url, NULL);
    return 0;
}

/* jar:delete(url, name) */
static int delete_cookie(lua_State *L)
{
    struct url url;
    struct cookie_jar *jar = check_jar_and_url(L, &url);
    cookie_jar_drop(jar, &url, luaL_checkstring(L, 3));
    return 0;
}

void http_cookies_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"cookiesForURL", cookies_for_url},
        {"set", set_cookie},
        {"clear", clear_cookies},
        {"delete", delete_cookie},
        {NULL, NULL},
    };
    if (luaL_newmetatable(L, JAR)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, collect_jar);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}

static void set_part(lua_State *L, const char *name, struct url_part part)
{
    lua_pushlstring(L, part.at ? part.at : "", part.n);
    lua_setfield(L, -2, name);
}

/* Pushes a cookie with k6's names. `expires` is in milliseconds since 1970, 0
 * if the cookie does not expire. */
static void push_cookie(lua_State *L, const struct cookie *cookie)
{
    int64_t expires_ms = cookie->has_expires ? cookie->expires_s * 1000 : 0;
    lua_createtable(L, 0, 8);
    set_part(L, "name", cookie->name);
    set_part(L, "value", cookie->value);
    set_part(L, "domain", cookie->domain);
    set_part(L, "path", cookie->path);
    lua_pushinteger(L, expires_ms);
    lua_setfield(L, -2, "expires");
    lua_pushinteger(L, cookie->has_max_age ? cookie->max_age_s : 0);
    lua_setfield(L, -2, "max_age");
    lua_pushboolean(L, cookie->secure);
    lua_setfield(L, -2, "secure");
    lua_pushboolean(L, cookie->http_only);
    lua_setfield(L, -2, "http_only");
}

void http_cookies_push_set(lua_State *L, const char *headers, size_t n)
{
    const char *at = headers, *end = headers + n;
    struct cookie cookie;
    lua_newtable(L);
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, "Set-Cookie") == 0 && cookie_parse(&cookie, value)) {
            push_cookie(L, &cookie);
            append_to_list(L, cookie.name.at, cookie.name.n);
        }
        at = value + strlen(value) + 1;
    }
}
