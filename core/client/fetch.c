#include "client/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/request.h"

struct fetch {
    uv_loop_t loop;
    struct network network;
    struct client client;
    struct transfer transfer;
};

/* The client's connection would keep the loop alive. */
static void on_done(struct transfer *transfer)
{
    struct fetch *fetch = transfer->ctx;
    client_close(&fetch->client);
}

static bool run(struct fetch *fetch, struct err *err)
{
    struct transfer *transfer = &fetch->transfer;
    request_begin(&transfer->request, "GET", &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_user_agent(&transfer->request, REQUEST_USER_AGENT);
    request_end(&transfer->request, NULL, 0);
    transfer->idempotent = transfer->keep_body = true;
    transfer->done = on_done;
    transfer->ctx = fetch;
    if (transfer->request.failed || !client_send(&fetch->client, transfer))
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
        return err_set(err, "%s: out of memory", url);
    }
    network_init(&fetch->network, &fetch->loop);
    client_init(&fetch->client, &fetch->network);
    transfer_init(&fetch->transfer);
    fetch->transfer.timeout_ns = timeout_ns;
    fetch->transfer.body_max = limit;

    bool ok = url_parse(&fetch->transfer.url, url, strlen(url), err);
    if (ok && !(ok = run(fetch, err)))
        err_prefix(err, "%s: ", url);
    if (ok) {
        *status = fetch->transfer.status;
        buf_append(body, fetch->transfer.body.data, fetch->transfer.body.len);
        if (body->failed)
            ok = err_set(err, "%s: out of memory", url);
    }
    client_close(&fetch->client);
    network_close(&fetch->network);
    uv_run(&fetch->loop, UV_RUN_DEFAULT);
    uv_loop_close(&fetch->loop);
    network_fini(&fetch->network);
    transfer_fini(&fetch->transfer);
    free(fetch);
    return ok;
}
