/* tls.h -- TLS for the transports of a loop, by OpenSSL.
 *
 * OpenSSL never sees a socket. transport.c feeds it the bytes of the peer and
 * sends the bytes that OpenSSL has written. So libuv does the same work for
 * plain and for TLS transports, and a plain transport does not use this file.
 *
 * Certificates are verified against the system's store, or against
 * SSL_CERT_FILE and SSL_CERT_DIR as in Go programs, and against the host's
 * name. The lowest version is TLS 1.2.
 *
 * Path: transport.c -> [tls] -> transport.c
 */
#ifndef CLIENT_TLS_H
#define CLIENT_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/list.h"
#include "client/error.h"

struct tls_context;
struct tls_session;
struct tls;

/* Makes the context that all transports of a loop share. With `verify` false
 * any certificate is accepted. Returns NULL if out of memory. */
struct tls_context *tls_context_new(bool verify);
void tls_context_free(struct tls_context *context);

/* The sessions that shorten the next handshakes. A client keeps the latest
 * session for each host and port, eight at most. */
struct tls_sessions {
    struct list list; /* the latest session comes first */
    unsigned n;
};
void tls_sessions_fini(struct tls_sessions *sessions);

/* Makes the client's end of a connection to host and port. `sessions` must
 * outlive it, unless tls_forget is called. Returns NULL if out of memory. */
struct tls *tls_new(struct tls_context *context, const char *host, int port,
                    struct tls_sessions *sessions);
void tls_free(struct tls *tls);

/* Keeps no session from now on. */
void tls_forget(struct tls *tls);

/* Feeds bytes from the peer. They stay in place until tls_handshake or tls_read
 * returns TLS_WANTS_BYTES. */
void tls_feed(struct tls *tls, const char *data, size_t n);

enum tls_state {
    TLS_OK,          /* done; after tls_read there may be more */
    TLS_WANTS_BYTES, /* needs tls_feed */
    TLS_ENDED,       /* the peer has sent close_notify */
    TLS_FAILED
};

/* Each of these may leave bytes in tls_out. */
enum tls_state tls_handshake(struct tls *tls);
enum tls_state tls_read(struct tls *tls, char *out, size_t size, size_t *n);
bool tls_write(struct tls *tls, const char *data, size_t n);

/* Writes close_notify. */
void tls_end(struct tls *tls);

/* Returns the bytes for the peer. The caller sends them, then sets len to 0 or
 * takes the buffer. */
struct buf *tls_out(struct tls *tls);

/* Returns the reason of TLS_FAILED; *detail is a static text or NULL. */
enum client_error tls_error(const struct tls *tls, const char **detail);

#endif
