/* tls.h -- TLS for the transports of a loop, by OpenSSL.
 *
 * OpenSSL never sees a socket: transport.c gives it what the peer has sent, in
 * place, and sends what it has written. So libuv does the same for both kinds
 * of transports, and the plain kind passes this file by.
 *
 * Certificates are verified against the system's store, which SSL_CERT_FILE
 * and SSL_CERT_DIR replace, as for Go programs; names against the host's.
 * TLS 1.2 at least.
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

/* What all transports of a loop share: NULL when out of memory. `verify` false:
 * any certificate will do. */
struct tls_context *tls_context_new(bool verify);
void tls_context_free(struct tls_context *context);

/* What a server gave to make the next handshake short. A party keeps its own,
 * a few at most; the latest for each host and port. */
struct tls_sessions {
    struct list list; /* the session that was kept last is the first */
    unsigned n;
};
void tls_sessions_fini(struct tls_sessions *sessions);

/* The client's end of a connection to host and port. NULL when out of memory.
 * `sessions` must outlive it, or tls_forget be called. */
struct tls *tls_new(struct tls_context *context, const char *host, int port,
                    struct tls_sessions *sessions);
void tls_free(struct tls *tls);

/* Keep no session from here on. */
void tls_forget(struct tls *tls);

/* Let it have bytes from the peer. They stay in place until a call of
 * tls_handshake or tls_read has said TLS_WANTS_BYTES. */
void tls_feed(struct tls *tls, const char *data, size_t n);

enum tls_state {
    TLS_OK,          /* done; tls_read: there may be more */
    TLS_WANTS_BYTES, /* feed it */
    TLS_ENDED,       /* the peer has said that it sends no more */
    TLS_FAILED
};

/* Each of these may leave bytes in tls_out. */
enum tls_state tls_handshake(struct tls *tls);
enum tls_state tls_read(struct tls *tls, char *out, size_t size, size_t *n);
bool tls_write(struct tls *tls, const char *data, size_t n);

/* Say goodbye. */
void tls_end(struct tls *tls);

/* Bytes for the peer; who sends them sets len to 0, or takes the buffer. */
struct buf *tls_out(struct tls *tls);

/* Why it failed; *detail is static, or NULL. */
enum client_error tls_error(const struct tls *tls, const char **detail);

#endif
