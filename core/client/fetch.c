#include "client/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "client/chain.h"
#include "client/client.h"
#include "client/request.h"

struct fetch {
    uv_loop_t loop;
    struct network network;
    struct client client;
    struct chain chain;
};

/* Stops the loop, which the kept-alive connection would keep running. */
static void on_fetched(struct transfer *transfer)
{
    struct fetch *fetch = transfer->ctx;
    client_close(&fetch->client);
}

static void do_nothing(struct transfer *transfer) { (void)transfer; }

static bool run_fetch(struct fetch *fetch, struct err *err)
{
    struct chain *chain = &fetch->chain;
    struct transfer *transfer = &chain->transfer;
    request_begin(&transfer->request, "GET", &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_user_agent(&transfer->request, REQUEST_USER_AGENT);
    chain_put_headers(chain, &transfer->request);
    request_end(&transfer->request, NULL, 0);
    transfer->idempotent = transfer->keep_body = true;
    transfer->ctx = fetch;
    chain->counted = do_nothing;
    chain->done = on_fetched;
    if (transfer->request.failed || !chain_send(chain, &fetch->client))
        return err_set(err, "out of memory");
    uv_run(&fetch->loop, UV_RUN_DEFAULT);
    if (transfer->error)
        return err_set(err, "%s%s%s", client_error_text(transfer->error),
                       transfer->detail ? ": " : "",
                       transfer->detail ? transfer->detail : "");
    return true;
}

bool client_fetch(const char *url, int64_t timeout_ns, size_t limit,
                  struct buf *body, int *status, struct err *err)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch || uv_loop_init(&fetch->loop) < 0) {
        free(fetch);
        return err_set(err, "out of memory");
    }
    network_init(&fetch->network, &fetch->loop);
    client_init(&fetch->client, &fetch->network);
    chain_init(&fetch->chain);
    struct transfer *transfer = &fetch->chain.transfer;
    transfer->timeout_ns = timeout_ns;
    transfer->body_max = limit;

    bool ok = url_parse(&transfer->url, url, strlen(url), err);
    if (ok && (ok = run_fetch(fetch, err))) {
        *status = transfer->status;
        buf_append(body, transfer->body.data, transfer->body.len);
        if (body->failed)
            ok = err_set(err, "out of memory");
    }
    client_close(&fetch->client);
    network_close(&fetch->network);
    uv_run(&fetch->loop, UV_RUN_DEFAULT);
    uv_loop_close(&fetch->loop);
    network_fini(&fetch->network);
    chain_fini(&fetch->chain);
    free(fetch);
    return ok;
}
