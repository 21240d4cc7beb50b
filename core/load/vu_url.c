/* vu_url.c -- the behaviour of `perilune load URL`: the same request again and
 * again, without Lua. The bytes of the request are built once. */
#include <string.h>

#include "client/request.h"
#include "load/generator.h"
#include "load/load.h"
#include "target/request_baggage.h"
#include "load/vu.h"

static void on_url_reply(struct transfer *transfer)
{
    struct vu *vu = transfer->ctx;
    vu_count(vu, transfer);
    vu_finish(vu);
}

static bool open_url(struct vu *vu, struct err *err)
{
    struct transfer *transfer = &vu->chain.transfer;
    const char *url = vu->generator->load->url;
    if (!url_parse(&transfer->url, url, strlen(url), err))
        return false;
    struct url_part name = url_without_user(&transfer->url);
    first_target_note(&vu->generator->load->profiles.target, &transfer->url);
    request_begin(&transfer->request, "GET", &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_user_agent(&transfer->request,
                       vu->generator->load->config->http.user_agent);
    if (profile_options_any(&vu->generator->load->config->profile))
        request_baggage_put(&transfer->request, vu->run->scenario->name,
                            name.at, name.n);
    chain_put_headers(&vu->chain, &transfer->request);
    request_end(&transfer->request, NULL, 0);
    transfer->method = "GET";
    transfer->idempotent = true;
    transfer->done = on_url_reply;
    return !transfer->request.failed || err_set(err, "out of memory");
}

static void begin_url(struct vu *vu)
{
    struct transfer *transfer = &vu->chain.transfer;
    if (client_send(&vu->client, transfer))
        return;
    vu_count_failure(vu, transfer, CLIENT_OUT_OF_MEMORY);
    vu_finish(vu);
}

static void do_nothing(struct vu *vu) { (void)vu; }

const struct behaviour vu_url = {
    .open = open_url,
    .close = do_nothing,
    .begin = begin_url,
    .interrupt = do_nothing,
};
