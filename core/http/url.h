/* url.h -- request targets: where their path is, and percent-encoding. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stddef.h>

/* Decode %XX in `n` bytes into `out`, which has room for n and may be `in`
 * itself. A % without two hexadecimal digits stands for itself. Returns the
 * length; the result may hold NUL and is not terminated. */
size_t url_decode(char *out, const char *in, size_t n);

/* The path in a request target of `n` bytes without a query: the target itself,
 * or what is behind http://AUTHORITY or https://AUTHORITY, of which nothing may
 * be left. */
const char *url_path(const char *target, size_t n);

#endif
