#include "client/redirect.h"

#include <string.h>

#include "client/request.h"
#include "client/transfer.h"

static bool keeps_method(int status) { return status == 307 || status == 308; }

const char *redirect_location(const struct transfer *transfer)
{
    int status = transfer->status;
    if (status != 301 && status != 302 && status != 303 &&
        !keeps_method(status))
        return NULL;
    const char *location = transfer_header(transfer, "Location");
    return location && *location ? location : NULL;
}

static bool is_any(struct url_part name, const char *const *headers)
{
    for (; *headers; headers++)
        if (request_header_is(name, *headers))
            return true;
    return false;
}

/* Headers that are always written again. */
static const char *const always[] = {"Host", "Content-Length", "Cookie", NULL};
static const char *const of_body[] = {"Content-Type", "Content-Encoding",
                                      "Content-Language", "Content-Location",
                                      NULL};
static const char *const sensitive[] = {
    "Authorization",      "Cookie2",          "Proxy-Authorization",
    "Proxy-Authenticate", "Www-Authenticate", NULL};

static bool is_kept(struct url_part name, const struct redirect *redirect,
                    bool with_body)
{
    if (request_header_is(name, "Authorization") &&
        !redirect->keep_authorization)
        return false;
    if (request_header_is(name, "Referer"))
        return redirect->keep_referer;
    return !is_any(name, always) && (with_body || !is_any(name, of_body)) &&
           (!redirect->foreign || !is_any(name, sensitive));
}

/* Appends the script's own Host header, or the URL's. */
static void put_host(struct buf *out, const struct transfer *transfer,
                     const struct redirect *redirect, struct url_part headers)
{
    const struct url_part *authority = &transfer->url.authority;
    struct url_part name, value;
    while (redirect->keep_host && request_next_header(&headers, &name, &value))
        if (request_header_is(name, "Host") &&
            (value.n != authority->n ||
             memcmp(value.at, authority->at, value.n) != 0)) {
            request_header(out, "Host", 4, value.at, value.n);
            return;
        }
    request_host(out, redirect->to);
}

/* Appends the Referer without user and password; not from https to http. */
static void put_referer(struct buf *out, const struct url *from,
                        const struct url *to)
{
    if (from->secure && !to->secure)
        return;
    buf_puts(out, "Referer: ");
    buf_puts(out, from->secure ? "https://" : "http://");
    buf_append(out, from->authority.at, from->authority.n);
    buf_append(out, from->target.at, from->target.n);
    buf_puts(out, "\r\n");
}

void redirect_begin(struct buf *out, struct transfer *transfer,
                    const struct redirect *redirect, struct url_part *body)
{
    struct request_parts parts = request_split(transfer_request(transfer));
    struct url_part headers = parts.headers, name, value;
    bool keep = keeps_method(transfer->status);
    if (!keep && !transfer->head_only) {
        transfer->method = "GET";
        transfer->idempotent = true;
    }
    *body = keep ? parts.body : (struct url_part){NULL, 0};
    request_begin(out, transfer->method, redirect->to);
    put_host(out, transfer, redirect, parts.headers);
    while (request_next_header(&headers, &name, &value))
        if (is_kept(name, redirect, body->at != NULL))
            request_header(out, name.at, name.n, value.at, value.n);
    if (!redirect->keep_referer)
        put_referer(out, &transfer->url, redirect->to);
}
