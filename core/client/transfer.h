/* transfer.h -- one request and its reply.
 *
 * The caller owns it and may use it again and again: its buffers keep their
 * memory, so that a request in the steady state allocates nothing.
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

/* Moments on the monotonic clock; 0: it did not come to that. */
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
    /* What to send: set by the caller, and kept until done. */
    struct url url;
    const char *method;         /* static */
    struct buf request;         /* head and body (request.h) */
    const struct buf *prepared; /* sent in place of `request`; NULL: none */
    int64_t timeout_ns;         /* for all of it, connecting included */
    size_t body_max; /* a longer body is an error, if bodies are kept */
    bool head_only;  /* the method is HEAD: no body comes */
    bool idempotent; /* may be sent again if a kept-alive connection had
                        been closed by the server at the same moment */
    struct buf tags; /* of script/tag_table.h; for reports, not sent */
    bool keep_headers;
    bool keep_body;
    const struct status_set *expected; /* NULL: whether it failed is not
                                          asked */
    transfer_fn done;
    void *ctx;

    /* What came back. */
    int status;         /* 0: no reply */
    bool http_1_0;      /* the reply's version is HTTP/1.0 */
    bool encoded;       /* it has Content-Encoding; with keep_headers */
    bool sets_cookies;  /* it has Set-Cookie; with keep_headers */
    struct buf headers; /* name NUL value NUL..., in order */
    struct buf body;    /* decoded, where that is possible */
    enum client_error error;
    const char *detail; /* more on the error, static, or NULL */
    struct transfer_times times;
    uint64_t n_sent, n_received; /* bytes on the wire, TLS included */

    struct connection *connection; /* while it is on its way; client's own */
};

/* All empty, with the default timeout and limit. */
void transfer_init(struct transfer *transfer);

/* What is sent. */
static inline const struct buf *
transfer_request(const struct transfer *transfer)
{
    return transfer->prepared ? transfer->prepared : &transfer->request;
}

/* Free the buffers. It must not be on its way. */
void transfer_fini(struct transfer *transfer);

/* Set what came back to nothing. client_send does it. */
void transfer_clear(struct transfer *transfer);

/* Nobody needs what came back: give back what a large body took. */
void transfer_trim(struct transfer *transfer);

/* Set what came back to an error. */
void transfer_fail(struct transfer *transfer, enum client_error error,
                   const char *detail);

/* The same for what cannot be sent: it begins and ends now. */
void transfer_refuse(struct transfer *transfer, enum client_error error);

/* k6's timings of a request, in milliseconds. */
struct transfer_timings {
    double blocked, connecting, tls_handshaking, sending, waiting, receiving,
        duration;
};
void transfer_timings(struct transfer_timings *timings,
                      const struct transfer_times *times);

/* k6's error_code: an error's number, 1000 + status from 400 on, or 0. */
int transfer_error_code(const struct transfer *transfer);

/* The value of the first header of this name, whatever its case; NULL when
 * there is none. Good until the transfer is sent again. */
const char *transfer_header(const struct transfer *transfer, const char *name);

#endif
