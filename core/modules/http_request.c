#include "modules/http_request.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "client/client.h"
#include "client/request.h"
#include "modules/http_params.h"
#include "modules/http_response.h"
#include "modules/module_http.h"

const struct http_env *http_env_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

bool http_request_is_method(const char *method)
{
    return *method &&
           strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(method);
}

void *http_request_find_asker(lua_State *L, const char *name)
{
    const char *why;
    const struct http_env *env = http_env_of(L);
    void *asker = env->find(env->ctx, L, &why);
    if (!asker)
        luaL_error(L, "http.%s %s", name, why);
    return asker;
}

/* --- when a transfer is done -------------------------------------------- */

/* Warns once per process: every request to the same URL would warn again. */
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

static void on_counted(struct transfer *transfer)
{
    const struct http_env *env =
        container_of(transfer, struct chain, transfer)->ctx;
    env->count(transfer->ctx, transfer);
}

void http_request_count(struct chain *chain)
{
    warn_of_redirects(chain);
    on_counted(&chain->transfer);
}

/* The last reply has come, or an error: resumes the asking coroutine (in a
 * handler env->wake is task_wake). */
static void on_request_done(struct transfer *transfer)
{
    struct chain *chain = container_of(transfer, struct chain, transfer);
    const struct http_env *env = chain->ctx;
    http_request_count(chain);
    env->wake(transfer->ctx);
}

/* --- building a request -------------------------------------------------- */

void http_request_begin(const struct http_env *env, void *asker,
                        struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    chain->ctx = env;
    chain->jar = env->jar(asker);
    chain->counted = on_counted;
    chain->done = on_request_done;
    transfer->ctx = asker;
    transfer->expected = env->expected(asker);
    transfer->prepared = NULL;
    http_params_reset(chain, env->options);
}

struct chain *http_request_take_chain(lua_State *L, void *asker)
{
    const struct http_env *env = http_env_of(L);
    struct chain *chain = env->take(asker, L);
    http_request_begin(env, asker, chain);
    return chain;
}

void http_request_set_method(struct transfer *transfer, const char *method)
{
    transfer->method = method;
    transfer->head_only = strcmp(method, "HEAD") == 0;
    transfer->idempotent = transfer->head_only || strcmp(method, "GET") == 0 ||
                           strcmp(method, "OPTIONS") == 0;
}

void http_request_build(lua_State *L, const struct http_env *env,
                        struct chain *chain, const char *method, int body,
                        int params)
{
    struct transfer *transfer = &chain->transfer;
    struct buf *out = &transfer->request;
    struct http_given given = {0};
    size_t n_body = 0;
    const char *bytes = NULL;
    if (!lua_isnoneornil(L, body) && !(bytes = lua_tolstring(L, body, &n_body)))
        luaL_error(L, "the body must be a string, got a %s",
                   luaL_typename(L, body));
    http_request_set_method(transfer, method);
    request_begin(out, method, &transfer->url);
    if (!lua_isnoneornil(L, params))
        http_params_read(L, params, chain, &given);
    if (!given.host)
        request_host(out, &transfer->url);
    if (!given.user_agent)
        request_user_agent(out, env->options->user_agent);
    chain_put_headers(chain, out);
    if (env->headers)
        env->headers(transfer->ctx, transfer);
    request_end(out, bytes, n_body);
    if (given.jar) /* keeps the jar alive, which the params may lose */
        lua_getfield(L, params, "jar");
}

/* --- sending it ---------------------------------------------------------- */

/* Pushes the response and gives the chain back. */

static int finish_request(lua_State *L, struct chain *chain)
{
    const struct http_env *env = chain->ctx;
    http_response_push(L, &chain->transfer);
    transfer_trim(&chain->transfer);
    env->release(chain);
    return 1;
}

static int on_request_woken(lua_State *L, int status, lua_KContext chain)
{
    (void)status;
    return finish_request(L, (struct chain *)chain);
}

static void abort_request(void *chain)
{
    client_abort(&((struct chain *)chain)->transfer);
}

int http_request_fail(lua_State *L, struct chain *chain,
                      enum client_error error)
{
    transfer_refuse(&chain->transfer, error);
    on_counted(&chain->transfer);
    return finish_request(L, chain);
}

int http_request_send(lua_State *L, struct chain *chain)
{
    const struct http_env *env = chain->ctx;
    void *asker = chain->transfer.ctx;
    if (chain->transfer.request.failed ||
        !chain_send(chain, env->client(env->ctx, asker))) {
        buf_fini(&chain->transfer.request);
        return http_request_fail(L, chain, CLIENT_OUT_OF_MEMORY);
    }
    env->wait(asker, abort_request, chain);
    return lua_yieldk(L, 0, (lua_KContext)chain, on_request_woken);
}
