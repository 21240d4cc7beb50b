/* response.h -- makes libmicrohttpd responses. Each function returns a new
 * reference, or NULL when out of memory. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <microhttpd.h>

#include "base/buf.h"

/* The content type of text. */
#define RESPONSE_TEXT "text/plain; charset=utf-8"

struct MHD_Response *response_empty(void);

/* text/plain; charset=utf-8, with X-Content-Type-Options: nosniff. */
struct MHD_Response *response_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Takes the bytes out of `body`, also when it fails. */
struct MHD_Response *response_take(struct buf *body, const char *content_type);

/* Copies the bytes. */
struct MHD_Response *response_copy(const char *bytes, size_t len,
                                   const char *content_type);

/* The words for a status: "Not Found". */
const char *response_reason(unsigned status);

#endif
