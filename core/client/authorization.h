/* authorization.h -- writes the Authorization header for a URL that has a user
 * and a password: Basic (RFC 7617), or the answer to a Digest challenge (RFC
 * 7616, and RFC 2069 for challenges without qop).
 *
 * Path: chain.c -> [authorization]
 */
#ifndef CLIENT_AUTHORIZATION_H
#define CLIENT_AUTHORIZATION_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/url.h"

struct transfer;

/* Appends the Basic header. The URL must have a user. */
void authorization_put_basic(struct buf *out, const struct url *url);

/* Appends the header that answers the reply of `transfer`. `cnonce` is a text
 * that was not used before. Returns false if the reply is not a 401 with a
 * Digest challenge, or if its algorithm is not one of MD5, SHA-256 and their
 * -sess forms. */
bool authorization_put_digest(struct buf *out, const struct transfer *transfer,
                              const char *cnonce);

#endif
