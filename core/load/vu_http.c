#include "load/vu_http.h"

#include "load/generator.h"
#include "load/load.h"
#include "load/vu.h"
#include "load/vu_script.h"

static struct transfer *take(void *ctx, struct lua_State *L, const char **why)
{
    struct generator *generator = ctx;
    struct vu *vu = vu_script_current(generator, L, why);
    if (!vu)
        return NULL;
    vu->transfer.keep_body = !generator->load->config->discard_bodies;
    return &vu->transfer;
}

static void on_reply(struct transfer *transfer)
{
    struct vu *vu = transfer->ctx;
    vu_count(vu, transfer);
    vu_script_wake(vu);
}

static bool send_request(void *ctx, struct transfer *transfer)
{
    (void)ctx;
    struct vu *vu = transfer->ctx;
    transfer->done = on_reply;
    if (vu->number) /* setup may ask somebody else */
        first_target_note(&vu->generator->load->profiles.target,
                          &transfer->url);
    if (!client_send(&vu->client, transfer))
        return false;
    vu_script_wait(vu);
    return true;
}

static void fail(void *ctx, struct transfer *transfer, enum client_error error)
{
    (void)ctx;
    vu_count_failure(transfer->ctx, transfer, error);
}

/* The virtual user sends the next one with it. */
static void release(void *ctx, struct transfer *transfer)
{
    (void)ctx;
    (void)transfer;
}

void vu_http_install(struct lua_State *L, struct generator *generator)
{
    generator->http = (struct http_host){
        .user_agent = generator->load->config->user_agent,
        .take = take,
        .send = send_request,
        .fail = fail,
        .release = release,
        .ctx = generator,
    };
    module_http_install(L, &generator->http);
}
