/* module_http.c -- k6's functions.
 *
 * A request's bytes are written into a chain's transfer, the coroutine yields,
 * and the reply is copied into one userdata when it goes on
 * (module_response.c). Bad arguments raise; what goes wrong on the way is in
 * res.error and res.error_code, as in k6.
 */
#include "script/module_http.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "client/client.h"
#include "client/request.h"
#include "script/http_params.h"
#include "script/module_cookies.h"
#include "script/module_response.h"
#include "script/module_statuses.h"
#include "script/state.h"

/* In the registry, under the address: the host. */
static const char host_key;

static const struct http_host *get_host(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

void http_options_init(struct http_options *options)
{
    *options = (struct http_options){
        .user_agent = REQUEST_USER_AGENT,
        .max_redirects = -1,
    };
}

static int respond(lua_State *L, struct chain *chain)
{
    const struct http_host *host = get_host(L);
    module_response_push(L, &chain->transfer);
    transfer_trim(&chain->transfer);
    host->release(chain);
    return 1;
}

static int on_woken(lua_State *L, int status, lua_KContext chain)
{
    (void)status;
    return respond(L, (struct chain *)chain);
}

static void on_counted(struct transfer *transfer)
{
    const struct http_host *host = ((struct chain *)transfer)->ctx;
    host->count(transfer->ctx, transfer);
}

/* Once in the program, as it would be said again and again. */
static void warn_of_redirects(const struct chain *chain)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    if (!chain_stopped(chain) || !chain->warn_of_redirects ||
        atomic_flag_test_and_set(&warned))
        return;
    log_write(LOG_WARN, "redirects_stopped",
              LOG_FIELDS(log_integer("redirects", chain->redirects_max),
                         log_text("note", "the last redirection is the reply; "
                                          "redirects in the params, or the "
                                          "option maxRedirects, silences "
                                          "this")));
}

static void on_done(struct transfer *transfer)
{
    struct chain *chain = (struct chain *)transfer;
    const struct http_host *host = chain->ctx;
    warn_of_redirects(chain);
    host->count(transfer->ctx, transfer);
    host->wake(transfer->ctx);
}

static void cancel(void *chain)
{
    client_abort(&((struct chain *)chain)->transfer);
}

static bool is_method(const char *method)
{
    return *method &&
           strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(method);
}

/* The request's bytes, from the arguments. The URL's parts point into the
 * string, which stays on the coroutine's stack until the reply is there; and
 * so does the method. */
static void build(lua_State *L, struct chain *chain, const char *method,
                  int body, int params)
{
    struct transfer *transfer = &chain->transfer;
    const struct http_host *host = get_host(L);
    const struct http_options *options = host->options;
    struct http_given given = {false, false};
    size_t n_body = 0;
    const char *bytes = NULL;
    if (!lua_isnoneornil(L, body))
        bytes = luaL_checklstring(L, body, &n_body);
    transfer->method = method;
    transfer->head_only = strcmp(method, "HEAD") == 0;
    transfer->idempotent = transfer->head_only || strcmp(method, "GET") == 0 ||
                           strcmp(method, "OPTIONS") == 0;
    transfer->tags.len = 0;
    http_params_reset(chain, options);
    request_begin(&transfer->request, method, &transfer->url);
    http_params_read(L, params, chain, &given);
    chain_put_headers(chain, &transfer->request);
    if (!given.host)
        request_host(&transfer->request, &transfer->url);
    if (!given.user_agent)
        request_user_agent(&transfer->request, options->user_agent);
    if (host->headers)
        host->headers(transfer->ctx, transfer);
    request_end(&transfer->request, bytes, n_body);
}

static int fail(lua_State *L, struct chain *chain, enum client_error error)
{
    transfer_clear(&chain->transfer);
    transfer_fail(&chain->transfer, error, NULL);
    on_counted(&chain->transfer);
    return respond(L, chain);
}

static int request(lua_State *L, const char *name, const char *method, int url,
                   int body, int params)
{
    const char *why;
    size_t n;
    struct err err;
    const struct http_host *host = get_host(L);
    const char *text = luaL_checklstring(L, url, &n);
    void *asker = host->find(host->ctx, L, &why);
    if (!asker)
        return luaL_error(L, "http.%s %s", name, why);
    struct chain *chain = host->take(asker, L);
    chain->ctx = host;
    chain->transfer.ctx = asker;
    chain->jar = host->jar(asker);
    chain->transfer.expected = host->expected(asker);
    chain->counted = on_counted;
    chain->done = on_done;

    if (!url_parse(&chain->transfer.url, text, n, &err))
        return fail(L, chain, CLIENT_INVALID_URL);
    build(L, chain, method, body, params);
    if (chain->jar != host->jar(asker)) /* whoever shares params may drop it */
        lua_getfield(L, params, "jar");
    if (chain->transfer.request.failed ||
        !chain_send(chain, host->client(host->ctx, asker))) {
        buf_fini(&chain->transfer.request);
        return fail(L, chain, CLIENT_OUT_OF_MEMORY);
    }
    host->wait(asker, cancel, chain);
    return lua_yieldk(L, 0, (lua_KContext)chain, on_woken);
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

/* http.cookieJar(): the virtual user's own */
static int cookie_jar(lua_State *L)
{
    const char *why;
    const struct http_host *host = get_host(L);
    void *asker = host->find(host->ctx, L, &why);
    if (!asker)
        return luaL_error(L, "http.cookieJar %s", why);
    struct cookie_jar *jar = host->jar(asker);
    if (!jar)
        return luaL_error(L, "http.cookieJar is for load scripts: handlers "
                             "have no jar but those that they make by "
                             "http.CookieJar()");
    return module_cookies_push(L, jar);
}

/* http.setResponseCallback(statuses | nil) */
static int set_response_callback(lua_State *L)
{
    const struct http_host *host = get_host(L);
    luaL_checkany(L, 1);
    const struct status_set *set =
        module_statuses_check(L, 1, "the response callback");
    if (!host->to_expect)
        return luaL_error(L, "http.setResponseCallback is for load scripts");
    struct http_expected *expected = host->to_expect(host->ctx);
    if (!expected)
        return 0;
    if (set)
        expected->own = *set;
    expected->set = set ? &expected->own : NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"get", get},
    {"head", head},
    {"post", post},
    {"put", put},
    {"patch", patch},
    {"del", del},
    {"options", options},
    {"request", http_request},
    {"cookieJar", cookie_jar},
    {"CookieJar", module_cookies_new},
    {"expectedStatuses", module_statuses_new},
    {"setResponseCallback", set_response_callback},
    {NULL, NULL},
};

/* All have two upvalues: the host, the response's metatable. */
static int open_module(lua_State *L)
{
    module_cookies_open(L);
    module_statuses_open(L);
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
