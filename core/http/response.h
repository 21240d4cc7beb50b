/* response.h -- makes libmicrohttpd responses.
 *
 * Each function that returns a response returns a new reference, or NULL if out
 * of memory. request_answer takes the reference, and takes NULL too. [any
 * thread]
 *
 * Path: reply.c, admin.c, capture.c -> [response] -> daemon.c
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <microhttpd.h>

#include "base/buf.h"

/* The content type of plain text. */
#define RESPONSE_TEXT "text/plain; charset=utf-8"

/* Makes a response without a body. */
struct MHD_Response *response_empty(void);

/* Makes a plain text, with X-Content-Type-Options: nosniff. */
struct MHD_Response *response_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Makes a response of the bytes of `body`, which is empty afterwards even if
 * that fails. */
struct MHD_Response *response_take(struct buf *body, const char *content_type);

/* Makes a response of a copy of the bytes. */
struct MHD_Response *response_copy(const char *bytes, size_t len,
                                   const char *content_type);

/* Returns the reason phrase of a status, such as "Not Found". */
const char *response_reason(unsigned status);

#endif
