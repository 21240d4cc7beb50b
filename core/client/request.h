/* request.h -- writes a request's bytes: head and body in one run, so that
 * one write sends it.
 */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/url.h"

#define REQUEST_USER_AGENT "perilune/" PERILUNE_VERSION

/* Begin anew: the request line. `method` is a token in capitals. */
void request_begin(struct buf *out, const char *method, const struct url *url);

/* Is it a header name, and a value without CR, LF or NUL? */
bool request_header_valid(const char *name, size_t n_name, const char *value,
                          size_t n_value);
void request_header(struct buf *out, const char *name, size_t n_name,
                    const char *value, size_t n_value);

/* Headers that the caller has not given itself. */
void request_host(struct buf *out, const struct url *url);
void request_user_agent(struct buf *out, const char *value);

/* The end of the head, and the body. `body` NULL: none; one of 0 bytes still
 * says Content-Length: 0. */
void request_end(struct buf *out, const char *body, size_t n_body);

#endif
