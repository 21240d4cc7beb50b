/* module_http.c -- the functions of the module.
 *
 * A function writes the bytes of its request into the transfer of a chain and
 * yields. When the coroutine resumes, the reply is copied into a response
 * (http_response.c). Bad arguments raise an error. Failures of the network are
 * in res.error and res.error_code, as in k6.
 */
#include "modules/module_http.h"

#include <lauxlib.h>
#include <lua.h>

#include "client/request.h"
#include "modules/http_batch.h"
#include "modules/http_cookies.h"
#include "modules/http_params.h"
#include "modules/http_prepared.h"
#include "modules/http_request.h"
#include "modules/http_response.h"
#include "modules/http_statuses.h"
#include "script/state.h"

/* Its address is the key of the http_env in the registry. */
static const char env_key;

void http_options_init(struct http_options *options)
{
    *options = (struct http_options){
        .user_agent = REQUEST_USER_AGENT,
        .max_redirects = -1,
        .batch = HTTP_BATCH,
        .batch_per_host = HTTP_BATCH_PER_HOST,
    };
}

/* Sends a request. `url`, `body` and `params` are indices; `name` is the
 * function's, for errors. */
static int request_url(lua_State *L, const char *name, const char *method,
                       int url, int body, int params)
{
    size_t n;
    struct err err;
    const char *text = luaL_checklstring(L, url, &n);
    void *asker = http_request_find_asker(L, name);
    struct chain *chain = http_request_take_chain(L, asker);
    if (!url_parse(&chain->transfer.url, text, n, &err)) {
        http_params_read_tags(L, params, chain);
        return http_request_fail(L, chain, CLIENT_INVALID_URL);
    }
    http_request_build(L, http_env_of(L), chain, method, body, params);
    return http_request_send(L, chain);
}

/* http.get(url [, params]) and http.head */
static int without_body(lua_State *L, const char *name, const char *method)
{
    lua_settop(L, 2);
    lua_settop(L, 3); /* an absent argument is nil; the body is nil */
    return request_url(L, name, method, 1, 3, 2);
}

/* http.post(url [, body [, params]]) and so on */
static int with_body(lua_State *L, const char *name, const char *method)
{
    lua_settop(L, 3);
    return request_url(L, name, method, 1, 2, 3);
}

/* Each method is a function of its own, so that a profile tells them apart. */
static int http_get(lua_State *L) { return without_body(L, "get", "GET"); }

static int http_head(lua_State *L) { return without_body(L, "head", "HEAD"); }

static int http_post(lua_State *L) { return with_body(L, "post", "POST"); }

static int http_put(lua_State *L) { return with_body(L, "put", "PUT"); }

static int http_patch(lua_State *L) { return with_body(L, "patch", "PATCH"); }

static int http_del(lua_State *L) { return with_body(L, "del", "DELETE"); }

static int http_options(lua_State *L)
{
    return with_body(L, "options", "OPTIONS");
}

/* http.request(method, url [, body [, params]]) */
static int http_request(lua_State *L)
{
    const char *method = luaL_checkstring(L, 1);
    luaL_argcheck(L, http_request_is_method(method), 1,
                  "a method in capitals expected");
    lua_settop(L, 4);
    return request_url(L, "request", method, 2, 3, 4);
}

/* http.cookieJar() returns the jar of the virtual user. */
static int push_own_jar(lua_State *L)
{
    void *asker = http_request_find_asker(L, "cookieJar");
    struct cookie_jar *jar = http_env_of(L)->jar(asker);
    if (!jar)
        return luaL_error(L, "http.cookieJar is for load scripts: handlers "
                             "have no jar but those that they make by "
                             "http.CookieJar()");
    return http_cookies_push(L, jar);
}

/* http.setResponseCallback(statuses | nil) */
static int set_response_callback(lua_State *L)
{
    const struct http_env *env = http_env_of(L);
    luaL_checkany(L, 1);
    const struct status_set *set =
        http_statuses_check(L, 1, "the response callback");
    if (!env->to_expect)
        return luaL_error(L, "http.setResponseCallback is for load scripts");
    struct http_expected *expected = env->to_expect(env->ctx);
    if (!expected)
        return 0;
    if (set)
        expected->own = *set;
    expected->set = set ? &expected->own : NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"get", http_get},
    {"head", http_head},
    {"post", http_post},
    {"put", http_put},
    {"patch", http_patch},
    {"del", http_del},
    {"options", http_options},
    {"request", http_request},
    {"cookieJar", push_own_jar},
    {"CookieJar", http_cookies_new},
    {"expectedStatuses", http_statuses_new},
    {"setResponseCallback", set_response_callback},
    {"prepare", http_prepared_new},
    {"batch", http_batch},
    {NULL, NULL},
};

/* All functions have two upvalues: the http_env and the metatable of
 * responses. */
static int open_http(lua_State *L)
{
    http_cookies_open(L);
    http_statuses_open(L);
    http_batch_open(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
    http_response_push_metatable(L);
    luaL_newlibtable(L, functions);
    http_prepared_push_send(L, -3);
    lua_setfield(L, -2, "send");
    lua_insert(L, -3); /* stack: module, env, metatable */
    luaL_setfuncs(L, functions, 2);
    return 1;
}

void module_http_install(lua_State *L, const struct http_env *env)
{
    lua_pushlightuserdata(L, (void *)env);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
    script_preload(L, "http", open_http);
}
