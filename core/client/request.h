/* request.h -- writes the bytes of a request: head and body in one buffer, so
 * that one system call sends it.
 *
 * Path: modules/http_request.c -> [request] -> client.c
 */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "client/url.h"

#define REQUEST_USER_AGENT "perilune/" PERILUNE_VERSION

/* Empties the buffer and writes the request line. `method` is in capitals. */
void request_begin(struct buf *out, const char *method, const struct url *url);

/* Returns true for a valid header name and a value without CR, LF or NUL. */
bool request_header_valid(const char *name, size_t n_name, const char *value,
                          size_t n_value);
void request_header(struct buf *out, const char *name, size_t n_name,
                    const char *value, size_t n_value);

/* Append headers that the caller has not set itself. */
void request_host(struct buf *out, const struct url *url);
void request_user_agent(struct buf *out, const char *value);

/* Ends the head and appends the body. NULL means no body; an empty body still
 * has Content-Length: 0. */
void request_end(struct buf *out, const char *body, size_t n_body);

/* The parts of a request that the functions above have written. */
struct request_parts {
    struct url_part method;
    struct url_part headers; /* the lines, without the empty line */
    struct url_part body;    /* `at` is NULL for no body */
};
struct request_parts request_split(const struct buf *request);

/* Takes the next line off `headers`. Returns false if there is none. */
bool request_next_header(struct url_part *headers, struct url_part *name,
                         struct url_part *value);

/* Returns true if the names are equal, ignoring case. */
bool request_header_is(struct url_part name, const char *header);

#endif
