/* redirect.h -- follows a redirect: writes the next request from the previous
 * one, by the rules of Go's client, which k6 uses. 301, 302 and 303 turn every
 * method but HEAD into GET and drop the body; 307 and 308 keep both.
 *
 * Path: chain.c -> [redirect] -> request.c
 */
#ifndef CLIENT_REDIRECT_H
#define CLIENT_REDIRECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/url.h"

struct transfer;

/* Returns the location that a complete reply redirects to, NULL if the reply is
 * not a redirect. */
const char *redirect_location(const struct transfer *transfer);

struct redirect {
    const struct url *to;
    bool
        keep_host; /* keep the script's Host header: the location is relative */
    bool foreign;  /* another domain: send no credentials */
    bool keep_authorization; /* the script has set the header */
    bool keep_referer;       /* the script has set the header */
};

/* Writes the request for `to` from the request that was sent. The caller adds
 * Cookie, Authorization unless it is kept, and request_end with *body (`at` is
 * NULL for no body). Sets the transfer's method and the fields that depend on
 * it. */
void redirect_begin(struct buf *out, struct transfer *transfer,
                    const struct redirect *redirect, struct url_part *body);

#endif
