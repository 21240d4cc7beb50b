/* url.h -- where the path of a request target is. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stddef.h>

/* The path in a request target of `n` bytes without a query: the target itself,
 * or what is behind http://AUTHORITY or https://AUTHORITY, of which nothing may
 * be left. */
const char *url_path(const char *target, size_t n);

#endif
