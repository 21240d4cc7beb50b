#include "load/vu_http.h"

#include "load/load.h"
#include "load/vu.h"
#include "load/vu_script.h"

static struct transfer *take(void *ctx, struct lua_State *L, const char **why)
{
    struct load *load = ctx;
    struct vu *vu = vu_script_current(load, L, why);
    if (!vu)
        return NULL;
    vu->transfer.keep_body = !load->config->discard_bodies;
    return &vu->transfer;
}

static void on_reply(struct transfer *transfer)
{
    struct vu *vu = transfer->ctx;
    outcome_record(&vu->load->results.outcome, &vu->load->results.metrics,
                   transfer);
    vu_script_wake(vu);
}

static bool send_request(void *ctx, struct transfer *transfer)
{
    (void)ctx;
    struct vu *vu = transfer->ctx;
    transfer->done = on_reply;
    if (!client_send(&vu->client, transfer))
        return false;
    vu_script_wait(vu);
    return true;
}

static void fail(void *ctx, struct transfer *transfer, enum client_error error)
{
    struct load *load = ctx;
    outcome_fail(&load->results.outcome, &load->results.metrics, error,
                 transfer);
}

/* The virtual user sends the next one with it. */
static void release(void *ctx, struct transfer *transfer)
{
    (void)ctx;
    (void)transfer;
}

void vu_http_install(struct lua_State *L, struct load *load)
{
    load->http = (struct http_host){
        .user_agent = load->config->user_agent,
        .take = take,
        .send = send_request,
        .fail = fail,
        .release = release,
        .ctx = load,
    };
    module_http_install(L, &load->http);
}
