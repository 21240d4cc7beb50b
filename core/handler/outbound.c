#include "handler/outbound.h"

#include <lauxlib.h>
#include <lua.h>

#include "client/request.h"
#include "script/scheduler.h"

/* A chain in a userdata: the collector frees what a coroutine that is given up
 * leaves. */
#define REQUEST "perilune.outbound"

static const struct http_options options = {
    .user_agent = REQUEST_USER_AGENT,
    .max_redirects = -1,
    .batch = HTTP_BATCH,
    .batch_per_host = HTTP_BATCH_PER_HOST,
};

static int collect(lua_State *L)
{
    chain_fini(lua_touserdata(L, 1));
    return 0;
}

static void *find(void *ctx, lua_State *L, const char **why)
{
    (void)ctx;
    return scheduler_running_task(L, why);
}

static struct chain *take(void *asker, lua_State *L)
{
    (void)asker;
    struct chain *chain = lua_newuserdatauv(L, sizeof *chain, 0);
    chain_init(chain);
    luaL_setmetatable(L, REQUEST);
    return chain;
}

static void release(struct chain *chain) { chain_fini(chain); }

static struct client *client_of(void *ctx, void *asker)
{
    (void)asker;
    return &((struct outbound *)ctx)->client;
}

/* One for all requests would mix up their users. */
static struct cookie_jar *jar_of(void *asker)
{
    (void)asker;
    return NULL;
}

static const struct status_set *expected_of(void *asker)
{
    (void)asker;
    return &status_set_default;
}

static void count(void *asker, struct transfer *transfer)
{
    (void)asker;
    (void)transfer;
}

static void wait_for_reply(void *asker, void (*cancel)(void *),
                           void *cancel_ctx)
{
    task_wait(asker, "http", cancel, cancel_ctx);
}

static void wake(void *asker) { task_wake(asker); }

void outbound_install(lua_State *L, struct outbound *outbound)
{
    outbound->host = (struct http_host){
        .options = &options,
        .find = find,
        .take = take,
        .release = release,
        .client = client_of,
        .jar = jar_of,
        .expected = expected_of,
        .count = count,
        .wait = wait_for_reply,
        .wake = wake,
        .ctx = outbound,
    };
    luaL_newmetatable(L, REQUEST);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    module_http_install(L, &outbound->host);
}

void outbound_start(struct outbound *outbound, struct network *network)
{
    client_init(&outbound->client, network);
}

void outbound_stop(struct outbound *outbound)
{
    client_close(&outbound->client);
}
