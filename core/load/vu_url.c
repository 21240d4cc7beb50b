/* vu_url.c -- the behaviour of `perilune load URL`: the same request again and
 * again, its bytes built once, no Lua. */
#include <string.h>

#include "client/request.h"
#include "load/load.h"
#include "load/vu.h"

static void on_reply(struct exchange *exchange)
{
    struct vu *vu = exchange->ctx;
    outcome_record(&vu->load->outcome, &vu->load->metrics, exchange);
    vu_finish(vu);
}

static bool open_url(struct vu *vu, struct err *err)
{
    struct exchange *exchange = &vu->exchange;
    const char *url = vu->load->url;
    if (!url_parse(&exchange->url, url, strlen(url), err))
        return false;
    request_begin(&exchange->request, "GET", &exchange->url);
    request_host(&exchange->request, &exchange->url);
    request_user_agent(&exchange->request, vu->load->config->user_agent);
    request_end(&exchange->request, NULL, 0);
    exchange->idempotent = true;
    exchange->done = on_reply;
    return !exchange->request.failed || err_set(err, "out of memory");
}

static void begin(struct vu *vu)
{
    if (client_send(&vu->client, &vu->exchange))
        return;
    outcome_fail(&vu->load->outcome, &vu->load->metrics, CLIENT_OUT_OF_MEMORY,
                 &vu->exchange);
    vu_finish(vu);
}

static void do_nothing(struct vu *vu) { (void)vu; }

const struct behaviour vu_url = {
    .open = open_url,
    .close = do_nothing,
    .begin = begin,
    .interrupt = do_nothing,
};
