/* transport.h -- bytes to a peer and back: over TCP, or over TLS on TCP.
 *
 * Who has the transport embeds it and sees plain bytes either way. Its memory
 * stays until `closed`, which always comes last, from the loop.
 *
 * Path: connection.c -> [transport] -> tls.c, libuv -> [transport] ->
 * connection.c
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/buf.h"
#include "client/error.h"

struct network;
struct transport;
struct tls;
struct tls_sessions;

/* Any of them may close it; but for `closed` none is called then. */
struct transport_events {
    /* TCP is connected, and the TLS handshake begins. */
    void (*dialled)(struct transport *transport);
    /* It can be written to. */
    void (*opened)(struct transport *transport);
    /* It did not come to that. status: libuv's, of dialling; 0: `error` and
     * `detail` (static, or NULL) tell what went wrong. */
    void (*refused)(struct transport *transport, int status,
                    enum client_error error, const char *detail);
    /* What transport_write was given is with the kernel. */
    void (*sent)(struct transport *transport);
    void (*received)(struct transport *transport, const char *data, size_t n);
    /* The peer has ended it in an orderly way: CLIENT_OK; else why it failed.
     */
    void (*ended)(struct transport *transport, enum client_error error,
                  const char *detail);
    void (*closed)(struct transport *transport);
};

/* Who is called. What it points to is the owner's and stays. */
struct transport_peer {
    const char *host;
    int port;
    struct tls_sessions *sessions; /* of the caller; NULL: without TLS */
};

enum transport_state {
    TRANSPORT_NEW,       /* nothing on the wire */
    TRANSPORT_HANDSHAKE, /* TCP is connected, TLS is not */
    TRANSPORT_OPEN,
    TRANSPORT_CLOSING
};

struct transport {
    uv_tcp_t tcp;
    uv_connect_t dial;
    uv_write_t write;
    struct network *network;
    const struct transport_events *events;
    struct transport_peer peer;
    struct tls *tls; /* NULL: plain, or not dialled yet */
    enum transport_state state;
    bool sending;      /* `sent` is to be called */
    bool writing;      /* uv_write has not called back */
    size_t n_writing;  /* what it writes */
    struct buf flying; /* TLS: what it writes; what comes is in tls_out */
    uint64_t n_sent, n_received; /* on the wire; the owner may reset them */
};

/* Ready to be dialled. */
void transport_init(struct transport *transport, struct network *network,
                    const struct transport_events *events);

/* Connect. Returns libuv's error number, then nothing is called, or 0. */
int transport_dial(struct transport *transport, const struct sockaddr *address,
                   const struct transport_peer *peer);

/* Send, one write at a time. The bytes stay in place until `sent`. */
enum transport_written {
    TRANSPORT_SENT,  /* all is with the kernel; `sent` is not called */
    TRANSPORT_LATER, /* `sent` will be called */
    TRANSPORT_BROKEN /* it failed: *error; nothing is called */
};
enum transport_written transport_write(struct transport *transport,
                                       const char *data, size_t n,
                                       enum client_error *error);

/* The TLS sessions of its peer go. */
void transport_forget(struct transport *transport);

/* Does nothing when it is closing already. */
void transport_close(struct transport *transport);

#endif
