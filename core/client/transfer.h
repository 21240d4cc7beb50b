/* transfer.h -- one request and its reply.
 *
 * The caller owns the transfer and may send it again and again. Its buffers
 * keep their memory, so a repeated request allocates nothing.
 *
 * Path: chain.c -> [transfer] -> client.c
 */
#ifndef CLIENT_TRANSFER_H
#define CLIENT_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "client/error.h"
#include "client/status_set.h"
#include "client/url.h"

#define TRANSFER_TIMEOUT_NS (60 * INT64_C(1000000000)) /* k6's */
#define TRANSFER_BODY_MAX ((size_t)16 << 20)

struct connection;
struct transfer;

/* The reply is complete or has failed. Called from the loop, never from
 * within client_send. The callee may send the transfer again at once. */
typedef void (*transfer_fn)(struct transfer *transfer);

/* Times on the monotonic clock; 0 if the request failed before this phase. */
struct transfer_times {
    int64_t start_ns;      /* client_send was called */
    int64_t dial_ns;       /* began to connect; 0 on a kept-alive connection */
    int64_t handshake_ns;  /* began TLS's handshake; 0 without one */
    int64_t connected_ns;  /* had a connection, new or kept alive */
    int64_t sent_ns;       /* the last byte was written */
    int64_t first_byte_ns; /* of the reply */
    int64_t done_ns;
};

struct transfer {
    /* The request: set by the caller, unchanged until `done`. */
    struct url url;
    const char *method;         /* static */
    struct buf request;         /* head and body (request.h) */
    const struct buf *prepared; /* sent in place of `request` unless NULL */
    int64_t timeout_ns; /* for the whole transfer, connecting included */
    size_t body_max;    /* with keep_body, a longer body is an error */
    bool head_only;     /* the method is HEAD: the reply has no body */
    bool idempotent;    /* may be sent again if the server has closed the
                           kept-alive connection at the same moment */
    struct buf tags;    /* for reports (script/tag_table.h), not sent */
    bool keep_headers;
    bool keep_body;
    const struct status_set *expected; /* NULL: the caller does not ask
                                          whether it failed */
    transfer_fn done;
    void *ctx;

    /* The reply. */
    int status;         /* 0 without a reply */
    bool http_1_0;      /* the reply is HTTP/1.0 */
    bool encoded;       /* has Content-Encoding; set with keep_headers */
    bool sets_cookies;  /* has Set-Cookie; set with keep_headers */
    struct buf headers; /* name NUL value NUL..., in order */
    struct buf body;    /* decoded if the coding is known */
    enum client_error error;
    const char *detail; /* more about the error, a static text or NULL */
    struct transfer_times times;
    uint64_t n_sent, n_received; /* bytes on the wire, TLS included */

    struct connection *connection; /* while in progress; used by the client */
};

/* Makes an empty transfer with the default timeout and limit. */
void transfer_init(struct transfer *transfer);

/* Returns the bytes that are sent. */
static inline const struct buf *
transfer_request(const struct transfer *transfer)
{
    return transfer->prepared ? transfer->prepared : &transfer->request;
}

/* Frees the buffers. The transfer must not be in progress. */
void transfer_fini(struct transfer *transfer);

/* Clears the reply. client_send calls it. */
void transfer_clear(struct transfer *transfer);

/* Frees the memory of a large body that nobody needs any more. */
void transfer_trim(struct transfer *transfer);

/* Sets the reply to an error. */
void transfer_fail(struct transfer *transfer, enum client_error error,
                   const char *detail);

/* Sets the reply of a request that cannot be sent to an error. The start and
 * the end of the request are the present time. */
void transfer_refuse(struct transfer *transfer, enum client_error error);

/* k6's timings of a request, in milliseconds. */
struct transfer_timings {
    double blocked, connecting, tls_handshaking, sending, waiting, receiving,
        duration;
};
void transfer_timings(struct transfer_timings *timings,
                      const struct transfer_times *times);

/* Returns k6's error_code: the error's number, 1000 + status for a status of
 * 400 or more, otherwise 0. */
int transfer_error_code(const struct transfer *transfer);

/* Returns the value of the first header of this name, ignoring case, NULL if
 * there is none. Valid until the transfer is sent again. */
const char *transfer_header(const struct transfer *transfer, const char *name);

#endif
