/* http_prepared.c -- a prepared request is a userdata with a chain that is
 * never sent itself. The chains that are sent point to its bytes. The bytes are
 * copied only if headers of the sender must be added: cookies, and the headers
 * that the http_env adds. */
#include "modules/http_prepared.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "client/request.h"
#include "modules/http_params.h"
#include "modules/http_request.h"
#include "modules/module_http.h"

#define PREPARED "perilune.prepared"

enum { KEPT_URL = 1, KEPT_METHOD, KEPT_JAR }; /* user values */

struct prepared {
    struct chain chain;
    struct http_given given;
    bool has_user_agent; /* added when first sent: the options that set it may
                            be read after the script was loaded */
};

static int collect_prepared(lua_State *L)
{
    struct prepared *prepared = luaL_checkudata(L, 1, PREPARED);
    chain_fini(&prepared->chain);
    return 0;
}

/* Returns a field of the table at 1, which must be a string, and keeps it as a
 * user value. `by_default` is the value of an absent field; NULL: the field
 * must be present. */
static const char *keep_field(lua_State *L, const char *name, int kept,
                              const char *by_default, size_t *n)
{
    if (lua_getfield(L, 1, name) == LUA_TNIL && by_default) {
        lua_pop(L, 1);
        lua_pushstring(L, by_default);
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "http.prepare: %s must be a string, got a %s", name,
                   luaL_typename(L, -1));
    const char *text = lua_tolstring(L, -1, n);
    lua_setiuservalue(L, 2, kept);
    return text;
}

static struct prepared *push_prepared(lua_State *L)
{
    struct prepared *prepared = lua_newuserdatauv(L, sizeof *prepared, 3);
    *prepared = (struct prepared){.given = {.other_fields = true}};
    chain_init(&prepared->chain);
    chain_begin(&prepared->chain);
    luaL_setmetatable(L, PREPARED);
    return prepared;
}

/* Builds the bytes. stack: the table, the userdata */
static void build_prepared(lua_State *L, struct prepared *prepared,
                           const char *method)
{
    struct chain *chain = &prepared->chain;
    struct transfer *transfer = &chain->transfer;
    size_t n_body = 0;
    const char *body = NULL;
    http_request_set_method(transfer, method);
    request_begin(&transfer->request, method, &transfer->url);
    http_params_read(L, 1, chain, &prepared->given);
    if (!prepared->given.host)
        request_host(&transfer->request, &transfer->url);
    chain_put_authorization(chain, &transfer->request);
    lua_getfield(L, 1, "jar");
    lua_setiuservalue(L, 2, KEPT_JAR);
    if (lua_getfield(L, 1, "body") != LUA_TNIL &&
        !(body = lua_tolstring(L, -1, &n_body)))
        luaL_error(L, "http.prepare: body must be a string, got a %s",
                   luaL_typename(L, -1));
    request_end(&transfer->request, body, n_body);
    lua_pop(L, 1);
    if (transfer->request.failed)
        luaL_error(L, "http.prepare: out of memory");
}

int http_prepared_new(lua_State *L)
{
    size_t n;
    struct err err;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct prepared *prepared = push_prepared(L);
    const char *url = keep_field(L, "url", KEPT_URL, NULL, &n);
    if (!url_parse(&prepared->chain.transfer.url, url, n, &err))
        return luaL_error(L, "http.prepare: %s", err.message);
    const char *method = keep_field(L, "method", KEPT_METHOD, "GET", &n);
    if (!http_request_is_method(method))
        return luaL_error(L,
                          "http.prepare: method must be one in capitals, "
                          "got '%s'",
                          method);
    build_prepared(L, prepared, method);
    return 1;
}

/* --- sending ------------------------------------------------------------ */

/* Turns `out`, which holds header lines, into the request with these lines at
 * the end of its headers. */
static void insert_headers(struct buf *out, const struct buf *request)
{
    struct url_part headers = request_split(request).headers;
    size_t n_head = (size_t)(headers.at + headers.n - request->data);
    size_t n_more = out->len;
    if (!buf_reserve(out, request->len))
        return;
    memmove(out->data + n_head, out->data, n_more);
    memcpy(out->data, request->data, n_head);
    memcpy(out->data + n_head + n_more, request->data + n_head,
           request->len - n_head);
    out->len += request->len;
}

/* Adds the User-Agent of the options unless the script has set one. Returns
 * false if out of memory. */
static bool add_user_agent(struct prepared *prepared,
                           const struct http_env *env)
{
    struct buf *request = &prepared->chain.transfer.request;
    struct buf sealed = BUF_INIT;
    if (!prepared->given.user_agent) {
        request_user_agent(&sealed, env->options->user_agent);
        insert_headers(&sealed, request);
        if (sealed.failed) {
            buf_fini(&sealed);
            return false;
        }
        buf_fini(request);
        *request = sealed;
    }
    return prepared->has_user_agent = true;
}

static void copy_bytes(struct buf *to, const struct buf *from)
{
    to->len = 0;
    if (from->len > 0)
        buf_append(to, from->data, from->len);
}

/* Copies the settings that the params have made. The other settings stay those
 * of the asker. */
static void copy_settings(struct chain *chain, const struct prepared *prepared)
{
    const struct chain *source = &prepared->chain;
    const struct http_given *given = &prepared->given;
    struct transfer *transfer = &chain->transfer;
    transfer->url = source->transfer.url;
    transfer->method = source->transfer.method;
    transfer->head_only = source->transfer.head_only;
    transfer->idempotent = source->transfer.idempotent;
    transfer->timeout_ns = source->transfer.timeout_ns;
    copy_bytes(&transfer->tags, &source->transfer.tags);
    copy_bytes(&chain->cookies, &source->cookies);
    chain->auth = source->auth;
    chain->keep_authorization = source->keep_authorization;
    if (given->jar)
        chain->jar = source->jar;
    if (given->redirects) {
        chain->redirects_max = source->redirects_max;
        chain->warn_of_redirects = false;
    }
    if (given->response_type)
        transfer->keep_body = source->transfer.keep_body;
    if (given->response_callback)
        transfer->expected = source->transfer.expected;
}

/* Writes the headers of the sender, and points the transfer to the prepared
 * bytes if there are none. The prepared request is on the stack of the
 * coroutine until the reply has arrived, so the bytes stay. */
static void write_request(struct chain *chain, const struct http_env *env,
                          const struct buf *prepared)
{
    struct transfer *transfer = &chain->transfer;
    transfer->request.len = 0;
    chain_put_cookies(chain, &transfer->request);
    if (env->headers)
        env->headers(transfer->ctx, transfer);
    if (transfer->request.len == 0)
        transfer->prepared = prepared;
    else
        insert_headers(&transfer->request, prepared);
}

static bool write_prepared(struct chain *chain, struct prepared *prepared)
{
    const struct http_env *env = chain->ctx;
    copy_settings(chain, prepared);
    if (!prepared->has_user_agent && !add_user_agent(prepared, env))
        return false;
    write_request(chain, env, &prepared->chain.transfer.request);
    return !chain->transfer.request.failed;
}

bool http_prepared_is(lua_State *L, int index)
{
    return luaL_testudata(L, index, PREPARED) != NULL;
}

bool http_prepared_write(lua_State *L, int index, struct chain *chain)
{
    return write_prepared(chain, luaL_checkudata(L, index, PREPARED));
}

/* http.send(prepared) and prepared:send(). The third upvalue is the metatable
 * of prepared requests, which saves the search of luaL_checkudata in the
 * registry. */
static int send_prepared(lua_State *L)
{
    struct prepared *prepared = lua_touserdata(L, 1);
    if (!prepared || !lua_getmetatable(L, 1) ||
        !lua_rawequal(L, -1, lua_upvalueindex(3)))
        luaL_typeerror(L, 1, PREPARED);
    lua_settop(L, 1);
    void *asker = http_request_find_asker(L, "send");
    struct chain *chain = http_request_take_chain(L, asker);
    if (!write_prepared(chain, prepared))
        return http_request_fail(L, chain, CLIENT_OUT_OF_MEMORY);
    return http_request_send(L, chain);
}

void http_prepared_push_send(lua_State *L, int upvalues)
{
    upvalues = lua_absindex(L, upvalues);
    luaL_newmetatable(L, PREPARED);
    lua_pushvalue(L, upvalues);
    lua_pushvalue(L, upvalues + 1);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, send_prepared, 3); /* stack: metatable, send */
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "send");
    lua_setfield(L, -3, "__index");
    lua_pushcfunction(L, collect_prepared);
    lua_setfield(L, -3, "__gc");
    lua_pushboolean(L, false);
    lua_setfield(L, -3, "__metatable");
    lua_remove(L, -2);
}
