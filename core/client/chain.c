#include "client/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "client/authorization.h"
#include "client/client.h"
#include "client/cookie_jar.h"
#include "client/redirect.h"
#include "client/request.h"
#include "client/url_resolve.h"

void chain_init(struct chain *chain)
{
    *chain = (struct chain){.redirects_max = CHAIN_REDIRECTS_MAX};
    transfer_init(&chain->transfer);
}

void chain_begin(struct chain *chain)
{
    chain->n_redirects = 0;
    chain->auth = CHAIN_BASIC;
    chain->foreign = chain->answered = chain->keep_authorization = false;
    chain->cookies.len = 0;
}

void chain_fini(struct chain *chain)
{
    transfer_fini(&chain->transfer);
    buf_fini(&chain->cookies);
    buf_fini(&chain->location);
}

/* Returns true if `host` is the domain `of` or below it. Credentials may be
 * sent there. */
static bool is_within(struct url_part host, struct url_part of)
{
    if (host.n < of.n || strncasecmp(host.at + host.n - of.n, of.at, of.n) != 0)
        return false;
    return host.n == of.n ||
           (host.at[host.n - of.n - 1] == '.' && !memchr(host.at, ':', host.n));
}

/* --- cookies ------------------------------------------------------------ */

/* Stored as: kind, name, NUL, value, NUL. */
void chain_give_cookie(struct chain *chain, enum chain_cookie kind,
                       const char *name, const char *value)
{
    buf_putc(&chain->cookies, (char)kind);
    buf_append(&chain->cookies, name, strlen(name) + 1);
    buf_append(&chain->cookies, value, strlen(value) + 1);
}

struct given_cookie {
    const char *at; /* its kind; NULL before the first cookie */
    const char *name, *value;
};

static bool next_given(const struct buf *cookies, struct given_cookie *given)
{
    const char *at =
        given->at ? given->value + strlen(given->value) + 1 : cookies->data;
    if (at == cookies->data + cookies->len)
        return false;
    given->at = at;
    given->name = at + 1;
    given->value = given->name + strlen(given->name) + 1;
    return true;
}

static bool is_cookie_replaced(const struct buf *cookies, const char *name)
{
    struct given_cookie given = {0};
    while (next_given(cookies, &given))
        if (*given.at == CHAIN_COOKIE_REPLACES && strcmp(given.name, name) == 0)
            return true;
    return false;
}

static void put_cookie(struct buf *out, const char *name, const char *value)
{
    buf_puts(out, out->data[out->len - 1] == ':' ? " " : "; ");
    buf_puts(out, name);
    if (*name)
        buf_putc(out, '=');
    buf_puts(out, value);
}

void chain_put_cookies(const struct chain *chain, struct buf *out)
{
    const struct jar_cookie *cookie;
    struct given_cookie given = {0};
    uint32_t at = 0;
    size_t before = out->len;
    if (chain->cookies.len == 0 && (!chain->jar || chain->jar->n == 0))
        return;
    buf_puts(out, "Cookie:");
    size_t begun = out->len;
    while (!out->failed && !chain->foreign &&
           next_given(&chain->cookies, &given))
        if (*given.at != CHAIN_COOKIE_HEADER || chain->n_redirects == 0)
            put_cookie(out, given.name, given.value);
    while (!out->failed && chain->jar &&
           (cookie = cookie_jar_next(chain->jar, &chain->transfer.url, &at)))
        if (!is_cookie_replaced(&chain->cookies, cookie->name))
            put_cookie(out, cookie->name, cookie->value);
    if (out->len == begun)
        out->len = before;
    else
        buf_puts(out, "\r\n");
}

void chain_put_authorization(const struct chain *chain, struct buf *out)
{
    const struct url *url = &chain->transfer.url;
    if (url->userinfo.at && chain->auth == CHAIN_BASIC &&
        !chain->keep_authorization)
        authorization_put_basic(out, url);
}

void chain_put_headers(const struct chain *chain, struct buf *out)
{
    chain_put_authorization(chain, out);
    chain_put_cookies(chain, out);
}

/* --- redirects ---------------------------------------------------------- */

static bool gives_referer(const struct transfer *transfer)
{
    struct url_part headers = request_split(transfer_request(transfer)).headers;
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
        .keep_authorization = chain->keep_authorization,
        .keep_referer = chain->keep_referer,
    };
    redirect_begin(out, transfer, &redirect, &body);
    transfer->url = *to;
    chain_put_headers(chain, out);
    request_end(out, body.at, body.n);
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf t = *a;
    *a = *b;
    *b = t;
}

/* Makes the request for `location` from the request that was sent. */
static enum client_error follow_redirect(struct chain *chain,
                                         const char *location)
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
    chain->n_redirects++;
    chain->answered = false;
    write_next(chain, &to, !absolute, &request);
    swap(&transfer->request, &request);
    transfer->prepared = NULL;
    swap(&chain->location, &text); /* the URL points into this text */
    error = CLIENT_OK;
done:
    buf_fini(&text);
    buf_fini(&request);
    return error;
}

static bool send_again(struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    transfer->timeout_ns = chain->give_up_ns - clock_mono_ns();
    if (!transfer->request.failed && client_send(chain->client, transfer))
        return true;
    buf_fini(&transfer->request);
    transfer_refuse(transfer, CLIENT_OUT_OF_MEMORY);
    return false;
}

/* Counts a 401 that is part of the Digest scheme, which is not a failure. */
static void count_challenge(struct chain *chain)
{
    static const struct status_set unauthorized = {1, {{401, 401}}};
    struct transfer *transfer = &chain->transfer;
    const struct status_set *expected = transfer->expected;
    if (expected)
        transfer->expected = &unauthorized;
    chain->counted(transfer);
    transfer->expected = expected;
}

/* Makes the same request again with the answer to the challenge. Returns false if
 * the reply has no challenge that can be answered. */
static bool answer_challenge(struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    const struct buf *request = transfer_request(transfer);
    struct buf answered = BUF_INIT;
    struct url_part headers = request_split(request).headers;
    size_t n = (size_t)(headers.at + headers.n - request->data);
    char cnonce[17];
    snprintf(cnonce, sizeof cnonce, "%016" PRIx64,
             random_next(random_of_thread()));
    buf_append(&answered, request->data, n);
    if (!authorization_put_digest(&answered, transfer, cnonce)) {
        buf_fini(&answered);
        return false;
    }
    buf_append(&answered, request->data + n, request->len - n);
    count_challenge(chain);
    chain->answered = true;
    swap(&transfer->request, &answered);
    transfer->prepared = NULL;
    buf_fini(&answered);
    return true;
}

static bool may_answer_challenge(const struct chain *chain)
{
    return chain->transfer.status == 401 && chain->auth == CHAIN_DIGEST &&
           !chain->answered && !chain->keep_authorization &&
           chain->transfer.url.userinfo.at;
}

/* Sends the next transfer of the chain. Returns false if this one is the last.
 */
static bool send_next(struct chain *chain)
{
    struct transfer *transfer = &chain->transfer;
    if (may_answer_challenge(chain) && answer_challenge(chain))
        return send_again(chain);
    const char *location = redirect_location(transfer);
    if (!location || chain->n_redirects == chain->redirects_max)
        return false;
    enum client_error error = follow_redirect(chain, location);
    if (error) {
        transfer_fail(transfer, error, NULL);
        return false;
    }
    return send_again(chain);
}

bool chain_stopped(const struct chain *chain)
{
    return chain->n_redirects == chain->redirects_max &&
           chain->redirects_max > 0 && redirect_location(&chain->transfer);
}

static void on_transfer_done(struct transfer *transfer)
{
    struct chain *chain = container_of(transfer, struct chain, transfer);
    if (transfer->sets_cookies && chain->jar)
        cookie_jar_take(chain->jar, transfer);
    if (!send_next(chain))
        chain->done(transfer);
}

bool chain_send(struct chain *chain, struct client *client)
{
    struct transfer *transfer = &chain->transfer;
    chain->client = client;
    transfer->keep_headers = true;
    transfer->done = on_transfer_done;
    if (!client_send(client, transfer))
        return false;
    chain->give_up_ns = transfer->times.start_ns + transfer->timeout_ns;
    return true;
}
