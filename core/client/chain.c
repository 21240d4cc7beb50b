#include "client/chain.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "client/client.h"
#include "client/redirect.h"
#include "client/request.h"
#include "client/url_resolve.h"

void chain_init(struct chain *chain)
{
    *chain = (struct chain){.redirects_max = CHAIN_REDIRECTS_MAX};
    transfer_init(&chain->transfer);
}

void chain_fini(struct chain *chain)
{
    transfer_fini(&chain->transfer);
    buf_fini(&chain->location);
}

/* Is `host` the domain `of`, or below it? Credentials may go there. */
static bool is_within(struct url_part host, struct url_part of)
{
    if (host.n < of.n || strncasecmp(host.at + host.n - of.n, of.at, of.n) != 0)
        return false;
    return host.n == of.n ||
           (host.at[host.n - of.n - 1] == '.' && !memchr(host.at, ':', host.n));
}

static bool gives_referer(const struct transfer *transfer)
{
    struct url_part headers = request_split(&transfer->request).headers;
    struct url_part name, value;
    while (request_next_header(&headers, &name, &value))
        if (request_header_is(name, "Referer"))
            return true;
    return false;
}

static void write_next(struct chain *chain, const struct url *to,
                       bool keep_host, struct buf *out)
{
    struct transfer *transfer = &chain->transfer;
    struct url_part body;
    struct redirect redirect = {
        .to = to,
        .keep_host = keep_host,
        .foreign = chain->foreign,
        .keep_authorization = true,
        .keep_referer = chain->keep_referer,
    };
    redirect_begin(out, transfer, &redirect, &body);
    request_end(out, body.at, body.n);
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf t = *a;
    *a = *b;
    *b = t;
}

/* Make the request for `location` out of the one that was sent. */
static enum client_error redirect(struct chain *chain, const char *location)
{
    struct transfer *transfer = &chain->transfer;
    struct buf text = BUF_INIT, request = BUF_INIT;
    struct url to;
    struct err err;
    enum client_error error = CLIENT_OUT_OF_MEMORY;
    bool absolute =
        url_resolve(&text, &transfer->url, location, strlen(location));
    if (text.failed)
        goto done;
    if (!url_parse(&to, text.data, text.len, &err)) {
        error = CLIENT_BAD_REDIRECT;
        goto done;
    }
    if (chain->n_redirects == 0) {
        chain->host = transfer->url.host;
        chain->keep_referer = gives_referer(transfer);
    }
    chain->foreign |= !is_within(to.host, chain->host);
    chain->counted(transfer);
    write_next(chain, &to, !absolute, &request);
    if (request.failed)
        goto done;
    error = CLIENT_OK;
    transfer->url = to;
    swap(&transfer->request, &request);
    swap(&chain->location, &text);
done:
    buf_fini(&text);
    buf_fini(&request);
    return error;
}

static bool send_again(struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    transfer->timeout_ns = chain->give_up_ns - clock_mono_ns();
    if (client_send(chain->client, transfer))
        return true;
    transfer_clear(transfer);
    transfer_fail(transfer, CLIENT_OUT_OF_MEMORY, NULL);
    return false;
}

/* Is there another one to be waited for? */
static bool goes_on(struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    const char *location = redirect_location(transfer);
    if (!location || chain->n_redirects == chain->redirects_max)
        return false;
    enum client_error error = redirect(chain, location);
    if (error) {
        transfer_fail(transfer, error, NULL);
        return false;
    }
    chain->n_redirects++;
    return send_again(chain);
}

bool chain_stopped(const struct chain *chain)
{
    return chain->n_redirects == chain->redirects_max &&
           chain->redirects_max > 0 && redirect_location(&chain->transfer);
}

static void on_done(struct transfer *transfer)
{
    struct chain *chain = (struct chain *)transfer;
    if (!goes_on(chain))
        chain->done(transfer);
}

bool chain_send(struct chain *chain, struct client *client)
{
    struct transfer *transfer = &chain->transfer;
    chain->client = client;
    chain->n_redirects = 0;
    chain->foreign = false;
    transfer->keep_headers = true;
    transfer->done = on_done;
    if (!client_send(client, transfer))
        return false;
    chain->give_up_ns = transfer->times.start_ns + transfer->timeout_ns;
    return true;
}
