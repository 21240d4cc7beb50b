/* redirect.h -- what a reply that redirects makes of its request, as Go's
 * client does, which is k6's: 301, 302 and 303 turn everything but HEAD into
 * GET and drop the body, 307 and 308 keep both.
 */
#ifndef CLIENT_REDIRECT_H
#define CLIENT_REDIRECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/url.h"

struct transfer;

/* Where its complete reply sends it; NULL: nowhere. */
const char *redirect_location(const struct transfer *transfer);

struct redirect {
    const struct url *to;
    bool keep_host;          /* if it was the script's: the location had none */
    bool foreign;            /* credentials must not go there */
    bool keep_authorization; /* it was the script's */
    bool keep_referer;       /* it was the script's */
};

/* Write the request for `to` from the one that was sent, but for what is the
 * caller's to add: Cookie, Authorization where it is not kept, and
 * request_end. *body: at NULL when there is none. Sets the transfer's method
 * and what goes with it. */
void redirect_begin(struct buf *out, struct transfer *transfer,
                    const struct redirect *redirect, struct url_part *body);

#endif
