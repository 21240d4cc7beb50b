/* transport.h -- sends bytes to a peer and receives bytes, over TCP or over
 * TLS.
 *
 * The owner embeds the transport and sees plain bytes in both cases. The memory
 * must stay until `closed`, which is always the last callback and comes from
 * the loop.
 *
 * Path: connection.c -> [transport] -> tls.c -> [transport] -> connection.c
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

/* Each callback may close the transport; then only `closed` is still called. */
struct transport_events {
    /* TCP is connected, and the TLS handshake begins. */
    void (*dialled)(struct transport *transport);
    /* The transport can be written to. */
    void (*opened)(struct transport *transport);
    /* The transport could not be opened. `status` is libuv's error number of
     * the connect; if it is 0, `error` and `detail` (a static text or NULL)
     * give the reason. */
    void (*refused)(struct transport *transport, int status,
                    enum client_error error, const char *detail);
    /* The kernel has taken all bytes of transport_write. */
    void (*sent)(struct transport *transport);
    void (*received)(struct transport *transport, const char *data, size_t n);
    /* CLIENT_OK: the peer has closed in an orderly way. Otherwise the reason of
     * the failure. */
    void (*ended)(struct transport *transport, enum client_error error,
                  const char *detail);
    void (*closed)(struct transport *transport);
};

/* The peer to connect to. The owner keeps what the fields point to. */
struct transport_peer {
    const char *host;
    int port;
    struct tls_sessions *sessions; /* NULL for a connection without TLS */
};

enum transport_state {
    TRANSPORT_NEW,       /* not connected */
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
    struct tls *tls; /* NULL if plain, or not dialled yet */
    enum transport_state state;
    bool sending;      /* `sent` must be called */
    bool writing;      /* uv_write has not called back yet */
    size_t n_writing;  /* bytes that uv_write is writing */
    struct buf flying; /* with TLS: the bytes that uv_write is writing */
    uint64_t n_sent,
        n_received; /* bytes on the wire; the owner may reset them */
};

/* Makes a transport that can be dialled. */
void transport_init(struct transport *transport, struct network *network,
                    const struct transport_events *events);

/* Connects. Returns 0, or libuv's error number; then no callback is called. */
int transport_dial(struct transport *transport, const struct sockaddr *address,
                   const struct transport_peer *peer);

/* Sends `n` bytes, which stay in place until `sent`. One write at a time. */
enum transport_written {
    TRANSPORT_SENT,  /* the kernel has all; `sent` is not called */
    TRANSPORT_LATER, /* `sent` will be called */
    TRANSPORT_BROKEN /* failed, see *error; no callback is called */
};
enum transport_written transport_write(struct transport *transport,
                                       const char *data, size_t n,
                                       enum client_error *error);

/* The peer's TLS sessions are about to be freed: keeps no session any more. */
void transport_forget(struct transport *transport);

/* Closes the transport. Does nothing if it is closing already. */
void transport_close(struct transport *transport);

#endif
