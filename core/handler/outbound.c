#include "handler/outbound.h"

#include <lauxlib.h>
#include <lua.h>

#include "client/request.h"
#include "script/scheduler.h"

/* The chain of a request lies in a userdata. If the coroutine that waits for it
 * is aborted, the garbage collector frees the chain. */
#define REQUEST "perilune.outbound"

static const struct http_options options = {
    .user_agent = REQUEST_USER_AGENT,
    .max_redirects = -1,
    .batch = HTTP_BATCH,
    .batch_per_host = HTTP_BATCH_PER_HOST,
};

static int collect_chain(lua_State *L)
{
    chain_fini(lua_touserdata(L, 1));
    return 0;
}

static void *find_waiting_task(void *ctx, lua_State *L, const char **why)
{
    (void)ctx;
    return scheduler_running_task(L, why);
}

static struct chain *push_chain(void *asker, lua_State *L)
{
    (void)asker;
    struct chain *chain = lua_newuserdatauv(L, sizeof *chain, 0);
    chain_init(chain);
    luaL_setmetatable(L, REQUEST);
    return chain;
}

static void release_chain(struct chain *chain) { chain_fini(chain); }

static struct client *outbound_client(void *ctx, void *asker)
{
    (void)asker;
    return &((struct outbound *)ctx)->client;
}

static struct cookie_jar *no_cookie_jar(void *asker)
{
    (void)asker;
    return NULL;
}

static const struct status_set *default_expected(void *asker)
{
    (void)asker;
    return &status_set_default;
}

static void count_nothing(void *asker, struct transfer *transfer)
{
    (void)asker;
    (void)transfer;
}

static void wait_in_task(void *asker, void (*cancel)(void *), void *cancel_ctx)
{
    task_wait(asker, "http", cancel, cancel_ctx);
}

static void wake_task(void *asker) { task_wake(asker); }

void outbound_install(lua_State *L, struct outbound *outbound)
{
    outbound->env = (struct http_env){
        .options = &options,
        .find = find_waiting_task,
        .take = push_chain,
        .release = release_chain,
        .client = outbound_client,
        .jar = no_cookie_jar,
        .expected = default_expected,
        .count = count_nothing,
        .wait = wait_in_task,
        .wake = wake_task,
        .ctx = outbound,
    };
    luaL_newmetatable(L, REQUEST);
    lua_pushcfunction(L, collect_chain);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    module_http_install(L, &outbound->env);
}

void outbound_start(struct outbound *outbound, struct network *network)
{
    client_init(&outbound->client, network);
}

void outbound_stop(struct outbound *outbound)
{
    client_close(&outbound->client);
}
