/* response.h -- makes libmicrohttpd responses. Each function returns a new
 * reference, or NULL when out of memory. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <microhttpd.h>

#include "base/buf.h"

struct MHD_Response *response_empty(void);

/* text/plain; charset=utf-8, with X-Content-Type-Options: nosniff. */
struct MHD_Response *response_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Takes the bytes out of `body`, also when it fails. */
struct MHD_Response *response_take(struct buf *body, const char *content_type);

/* Of a string that is on a Lua stack. A long one is shared with its state
 * (sample/vm_heap.h), not copied: a client that reads slowly holds the string,
 * but not the state. */
struct MHD_Response *response_share(const char *text, size_t len,
                                    const char *content_type);

/* Copies the bytes. */
struct MHD_Response *response_copy(const char *bytes, size_t len,
                                   const char *content_type);

/* The words for a status: "Not Found". */
const char *response_reason(unsigned status);

#endif
