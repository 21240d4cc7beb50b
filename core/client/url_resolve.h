/* url_resolve.h -- what a reference means on the page of a URL: RFC 3986,
 * section 5.2.
 */
#ifndef CLIENT_URL_RESOLVE_H
#define CLIENT_URL_RESOLVE_H

#include <stddef.h>

#include "base/buf.h"
#include "client/url.h"

/* Append the absolute URL that `reference`, n bytes, means on the page `base`.
 * Bytes that may not stand in a URL are percent-encoded. It is not checked:
 * url_parse does that. True: the reference has a scheme of its own. */
bool url_resolve(struct buf *out, const struct url *base, const char *reference,
                 size_t n);

#endif
