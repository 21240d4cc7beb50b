#include "client/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/request.h"

struct fetch {
    uv_loop_t loop;
    struct network network;
    struct client client;
    struct exchange exchange;
};

/* The client's connection would keep the loop alive. */
static void on_done(struct exchange *exchange)
{
    struct fetch *fetch = exchange->ctx;
    client_close(&fetch->client);
}

static bool run(struct fetch *fetch, struct err *err)
{
    struct exchange *exchange = &fetch->exchange;
    request_begin(&exchange->request, "GET", &exchange->url);
    request_host(&exchange->request, &exchange->url);
    request_user_agent(&exchange->request, REQUEST_USER_AGENT);
    request_end(&exchange->request, NULL, 0);
    exchange->idempotent = exchange->keep_body = true;
    exchange->done = on_done;
    exchange->ctx = fetch;
    if (exchange->request.failed || !client_send(&fetch->client, exchange))
        return err_set(err, "out of memory");
    uv_run(&fetch->loop, UV_RUN_DEFAULT);
    if (exchange->error)
        return err_set(err, "%s%s%s", client_error_text(exchange->error),
                       exchange->detail ? ": " : "",
                       exchange->detail ? exchange->detail : "");
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
    exchange_init(&fetch->exchange);
    fetch->exchange.timeout_ns = timeout_ns;
    fetch->exchange.body_max = limit;

    bool ok = url_parse(&fetch->exchange.url, url, strlen(url), err);
    if (ok && !(ok = run(fetch, err)))
        err_prefix(err, "%s: ", url);
    if (ok) {
        *status = fetch->exchange.status;
        buf_append(body, fetch->exchange.body.data, fetch->exchange.body.len);
        if (body->failed)
            ok = err_set(err, "%s: out of memory", url);
    }
    client_close(&fetch->client);
    network_close(&fetch->network);
    uv_run(&fetch->loop, UV_RUN_DEFAULT);
    uv_loop_close(&fetch->loop);
    network_fini(&fetch->network);
    exchange_fini(&fetch->exchange);
    free(fetch);
    return ok;
}
