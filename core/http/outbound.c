#include "http/outbound.h"

#include <lauxlib.h>
#include <lua.h>

#include "client/request.h"
#include "script/scheduler.h"

/* A userdata: the collector frees what a coroutine that is given up leaves. */
#define REQUEST "perilune.outbound"

struct outbound_request {
    struct transfer transfer; /* first */
    struct task *task;
};

static int collect(lua_State *L)
{
    struct outbound_request *request = lua_touserdata(L, 1);
    transfer_fini(&request->transfer);
    return 0;
}

static struct transfer *take(void *ctx, lua_State *L, const char **why)
{
    (void)ctx;
    struct task *task = scheduler_running_task(L, why);
    if (!task)
        return NULL;
    struct outbound_request *request = lua_newuserdatauv(L, sizeof *request, 0);
    transfer_init(&request->transfer);
    luaL_setmetatable(L, REQUEST);
    request->transfer.keep_body = true;
    request->task = task;
    return &request->transfer;
}

static void on_reply(struct transfer *transfer)
{
    task_wake(((struct outbound_request *)transfer)->task);
}

static void cancel(void *ctx) { client_abort(ctx); }

static bool send_request(void *ctx, struct transfer *transfer)
{
    struct outbound *outbound = ctx;
    struct outbound_request *request = (struct outbound_request *)transfer;
    transfer->done = on_reply;
    if (!client_send(&outbound->client, transfer))
        return false;
    task_wait(request->task, "http", cancel, transfer);
    return true;
}

static void fail(void *ctx, struct transfer *transfer, enum client_error error)
{
    (void)ctx;
    transfer_clear(transfer);
    transfer_fail(transfer, error, NULL);
}

static void release(void *ctx, struct transfer *transfer)
{
    (void)ctx;
    transfer_fini(transfer);
}

void outbound_install(lua_State *L, struct outbound *outbound)
{
    outbound->host = (struct http_host){
        .user_agent = REQUEST_USER_AGENT,
        .take = take,
        .send = send_request,
        .fail = fail,
        .release = release,
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
