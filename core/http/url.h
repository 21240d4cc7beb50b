/* url.h -- percent-encoding of URLs. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stddef.h>

/* Decode %XX in `n` bytes into `out`, which has room for n and may be `in`
 * itself. A % without two hexadecimal digits stands for itself. Returns the
 * length; the result may hold NUL and is not terminated. */
size_t url_decode(char *out, const char *in, size_t n);

#endif
