/* authorization.h -- the Authorization header that a URL's user and password
 * make: Basic (RFC 7617), or the answer to a Digest challenge (RFC 7616, and
 * the older one without qop).
 */
#ifndef CLIENT_AUTHORIZATION_H
#define CLIENT_AUTHORIZATION_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/url.h"

struct transfer;

/* Append the header for a URL that has a user. */
void authorization_put_basic(struct buf *out, const struct url *url);

/* Append the header that answers the reply, if it is a 401 with a challenge
 * whose algorithm (MD5, SHA-256, and their -sess) is known. False: it is
 * none. `cnonce` is any text that was not used before. */
bool authorization_put_digest(struct buf *out, const struct transfer *transfer,
                              const char *cnonce);

#endif
