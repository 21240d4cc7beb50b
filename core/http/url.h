/* url.h -- finds the path of a request target.
 *
 * Nothing here allocates or keeps state. [any thread]
 *
 * Path: peek.c, daemon.c -> [url]
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stddef.h>

/* Returns where the path begins in a request target of `n` bytes that has no
 * query: at the target's start, or behind http://AUTHORITY or
 * https://AUTHORITY. The path ends with the target and may be empty. */
const char *url_path(const char *target, size_t n);

#endif
