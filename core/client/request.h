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

/* A request that was written by the functions above, in its parts. */
struct request_parts {
    struct url_part method;
    struct url_part headers; /* the lines, without the empty one */
    struct url_part body;    /* at NULL: none */
};
struct request_parts request_split(const struct buf *request);

/* Take the next line off `headers`. False: there is none. */
bool request_next_header(struct url_part *headers, struct url_part *name,
                         struct url_part *value);

/* Is it this header, whatever its case? */
bool request_header_is(struct url_part name, const char *header);

#endif
