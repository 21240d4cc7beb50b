/* http_batch.c -- a batch is a userdata with a slot, and so a chain, for each
 * request. At most options.batch requests are in progress, and at most
 * options.batch_per_host of them to one host. When a request is done, the next
 * one is sent. The coroutine resumes when all requests are done. */
#include "modules/http_batch.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "client/client.h"
#include "modules/http_params.h"
#include "modules/http_prepared.h"
#include "modules/http_request.h"
#include "modules/http_response.h"
#include "modules/module_http.h"

#define BATCH "perilune.batch"

/* The user values of a batch, both tables: strings that the chains point to,
 * and the keys of the requests in the order of the slots. */
enum { KEPT_VALUES = 1, KEPT_KEYS };

enum slot_state { SLOT_PENDING, SLOT_RUNNING, SLOT_DONE };

struct batch;

struct slot {
    struct chain chain;
    struct batch *batch;
    enum slot_state state;
};

struct batch {
    const struct http_env *env;
    void *asker;
    struct slot *slots;
    size_t n_slots, n_running, n_done;
};

/* Aborts the requests in progress: the coroutine is given up. */
static void abort_batch(void *ctx)
{
    struct batch *batch = ctx;
    for (size_t i = 0; i < batch->n_slots; i++)
        client_abort(&batch->slots[i].chain.transfer);
}

static void free_slots(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_slots; i++)
        chain_fini(&batch->slots[i].chain);
    free(batch->slots);
    batch->slots = NULL;
    batch->n_slots = 0;
}

static int collect_batch(lua_State *L)
{
    struct batch *batch = luaL_checkudata(L, 1, BATCH);
    abort_batch(batch);
    free_slots(batch);
    return 0;
}

/* --- sending ------------------------------------------------------------ */

static bool same_host(const struct chain *a, const struct chain *b)
{
    struct url_part x = a->transfer.url.authority;
    struct url_part y = b->transfer.url.authority;
    return x.n == y.n && strncasecmp(x.at, y.at, x.n) == 0;
}

/* Returns true if the request of the slot waits and its host has fewer requests
 * in progress than the limit. */
static bool may_start(const struct batch *batch, const struct slot *slot)
{
    int64_t n = 0, limit = batch->env->options->batch_per_host;
    if (slot->state != SLOT_PENDING)
        return false;
    for (size_t i = 0; limit > 0 && i < batch->n_slots; i++)
        n += batch->slots[i].state == SLOT_RUNNING &&
             same_host(&batch->slots[i].chain, &slot->chain);
    return limit == 0 || n < limit;
}

static void finish_slot(struct slot *slot)
{
    slot->state = SLOT_DONE;
    slot->batch->n_done++;
    http_request_count(&slot->chain);
}

static void start_slot(struct slot *slot)
{
    struct batch *batch = slot->batch;
    struct chain *chain = &slot->chain;
    struct client *client = batch->env->client(batch->env->ctx, batch->asker);
    if (!chain->transfer.request.failed && chain_send(chain, client)) {
        slot->state = SLOT_RUNNING;
        batch->n_running++;
        return;
    }
    transfer_refuse(&chain->transfer, CLIENT_OUT_OF_MEMORY);
    finish_slot(slot);
}

/* Sends as many waiting requests as the limits allow. */
static void start_allowed(struct batch *batch)
{
    size_t limit = (size_t)batch->env->options->batch;
    for (size_t i = 0; i < batch->n_slots && batch->n_running < limit; i++)
        if (may_start(batch, &batch->slots[i]))
            start_slot(&batch->slots[i]);
}

static void on_slot_done(struct transfer *transfer)
{
    struct slot *slot = container_of(transfer, struct slot, chain.transfer);
    struct batch *batch = slot->batch;
    batch->n_running--;
    finish_slot(slot);
    start_allowed(batch);
    if (batch->n_done == batch->n_slots)
        batch->env->wake(batch->asker);
}

/* --- building the requests ---------------------------------------------- */

/* Pops a value and appends it to the user value `which` of the batch at index
 * `batch`, so that the value lives as long as the batch. */
static void keep_in_batch(lua_State *L, int batch, int which)
{
    lua_getiuservalue(L, batch, which);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

/* Parses the URL on top of the stack. Returns false if the URL is invalid: the
 * slot then is finished, with the tags of the params at index `params`. */
static bool set_url(lua_State *L, struct slot *slot, int params)
{
    size_t n;
    struct err err;
    struct transfer *transfer = &slot->chain.transfer;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "http.batch: a URL must be a string, got a %s",
                   luaL_typename(L, -1));
    const char *text = lua_tolstring(L, -1, &n);
    if (url_parse(&transfer->url, text, n, &err))
        return true;
    http_params_read_tags(L, params, &slot->chain);
    transfer_refuse(transfer, CLIENT_INVALID_URL);
    finish_slot(slot);
    return false;
}

static const char *to_method(lua_State *L, int index)
{
    const char *method = lua_isnil(L, index) ? "GET"
                         : lua_type(L, index) == LUA_TSTRING
                             ? lua_tostring(L, index)
                             : "";
    if (!http_request_is_method(method))
        luaL_error(L, "http.batch: a method must be one in capitals");
    return method;
}

/* Builds a request from a URL, { method, url [, body [, params]] } or
 * { url =, method =, body =, params = }. `batch` is the index of the batch.
 * stack: ..., request */
static void build_slot(lua_State *L, int batch, struct slot *slot)
{
    int request = lua_gettop(L), method = request + 1, url = request + 2;
    bool is_list = false;
    if (lua_istable(L, request)) {
        is_list = lua_rawgeti(L, request, 1) != LUA_TNIL;
        lua_pop(L, 1);
    }
    static const char *const names[] = {"method", "url", "body", "params"};
    for (int i = 0; i < 4; i++) {
        if (!lua_istable(L, request))
            lua_pushnil(L);
        else if (is_list)
            lua_rawgeti(L, request, i + 1);
        else
            lua_getfield(L, request, names[i]);
    }
    if (lua_isstring(L, request)) {
        lua_pushvalue(L, request);
        lua_replace(L, url);
    }
    const char *verb = to_method(L, method);
    lua_pushvalue(L, method);
    keep_in_batch(L, batch, KEPT_VALUES);
    lua_pushvalue(L, url);
    bool ok = set_url(L, slot, url + 2);
    keep_in_batch(L, batch, KEPT_VALUES);
    if (ok) {
        int top = lua_gettop(L);
        http_request_build(L, slot->batch->env, &slot->chain, verb, url + 1,
                           url + 2);
        if (lua_gettop(L) > top)
            keep_in_batch(L, batch, KEPT_VALUES);
    }
    lua_settop(L, request);
}

/* Puts the request on top of the stack into a slot. */
static void add_request(lua_State *L, int batch, struct slot *slot)
{
    http_request_begin(slot->batch->env, slot->batch->asker, &slot->chain);
    slot->chain.done = on_slot_done;
    if (http_prepared_is(L, -1)) {
        lua_pushvalue(L, -1);
        keep_in_batch(L, batch, KEPT_VALUES);
        if (!http_prepared_write(L, -1, &slot->chain))
            slot->chain.transfer.request.failed = true;
        return;
    }
    if (!lua_istable(L, -1) && lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L,
                   "http.batch: a request must be a URL, a prepared one, "
                   "{ method, url, body, params } or a table with these "
                   "names, got a %s",
                   luaL_typename(L, -1));
    build_slot(L, batch, slot);
}

/* Pushes a batch with an empty slot for each request. stack: requests */
static struct batch *push_batch(lua_State *L, void *asker)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        n++;
    struct batch *batch = lua_newuserdatauv(L, sizeof *batch, 2);
    *batch = (struct batch){.env = http_env_of(L), .asker = asker};
    luaL_setmetatable(L, BATCH);
    lua_createtable(L, (int)(2 * n), 0);
    lua_setiuservalue(L, -2, KEPT_VALUES);
    lua_createtable(L, (int)n, 0);
    lua_setiuservalue(L, -2, KEPT_KEYS);
    batch->slots = calloc(n, sizeof *batch->slots);
    if (n > 0 && !batch->slots)
        luaL_error(L, "http.batch: out of memory for %d requests", (int)n);
    for (; batch->n_slots < n; batch->n_slots++) {
        struct slot *slot = &batch->slots[batch->n_slots];
        chain_init(&slot->chain);
        slot->batch = batch;
    }
    return batch;
}

/* stack: requests, batch */
static void read_requests(lua_State *L, struct batch *batch)
{
    size_t i = 0;
    lua_pushnil(L);
    while (lua_next(L, 1)) { /* stack: requests, batch, key, request */
        lua_pushvalue(L, -2);
        keep_in_batch(L, 2, KEPT_KEYS);
        add_request(L, 2, &batch->slots[i++]);
        lua_pop(L, 1);
    }
}

/* Pushes the table of responses and frees the slots. stack: requests, batch */
static int push_responses(lua_State *L, struct batch *batch)
{
    lua_createtable(L, 0, (int)batch->n_slots);
    lua_getiuservalue(L, 2, KEPT_KEYS); /* stack: ..., responses, keys */
    for (size_t i = 0; i < batch->n_slots; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        http_response_push(L, &batch->slots[i].chain.transfer);
        lua_rawset(L, -4);
        chain_fini(&batch->slots[i].chain);
    }
    lua_pop(L, 1);
    free_slots(batch);
    return 1;
}

static int on_batch_woken(lua_State *L, int status, lua_KContext batch)
{
    (void)status;
    return push_responses(L, (struct batch *)batch);
}

int http_batch(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    void *asker = http_request_find_asker(L, "batch");
    struct batch *batch = push_batch(L, asker);
    read_requests(L, batch);
    start_allowed(batch);
    if (batch->n_done == batch->n_slots)
        return push_responses(L, batch);
    batch->env->wait(asker, abort_batch, batch);
    return lua_yieldk(L, 0, (lua_KContext)batch, on_batch_woken);
}

void http_batch_open(lua_State *L)
{
    if (luaL_newmetatable(L, BATCH)) {
        lua_pushcfunction(L, collect_batch);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
}
