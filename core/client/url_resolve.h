/* url_resolve.h -- resolves a relative reference against a base URL (RFC 3986,
 * section 5.2).
 *
 * Path: chain.c -> [url_resolve]
 */
#ifndef CLIENT_URL_RESOLVE_H
#define CLIENT_URL_RESOLVE_H

#include <stddef.h>

#include "base/buf.h"
#include "client/url.h"

/* Appends the absolute URL of `reference`, n bytes, relative to `base`. Bytes
 * that are not allowed in a URL are percent-encoded; otherwise the result is
 * not checked (url_parse does that). Returns true if the reference has a scheme
 * of its own. */
bool url_resolve(struct buf *out, const struct url *base, const char *reference,
                 size_t n);

#endif
