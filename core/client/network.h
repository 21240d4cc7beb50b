/* network.h -- the parts that all clients on one loop share: deadlines,
 * looked-up host names, read buffers and the TLS context.
 *
 * Path: client.c, connection.c -> [network]
 */
#ifndef CLIENT_NETWORK_H
#define CLIENT_NETWORK_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "client/deadline.h"
#include "client/resolver.h"

#define NETWORK_READ_SIZE 65536
#define NETWORK_PLAIN_SIZE 16384 /* the maximum of a TLS record */

struct tls_context;

struct network {
    uv_loop_t *loop;
    struct deadlines deadlines;
    struct resolver resolver;
    bool skip_verify;        /* TLS accepts any certificate */
    struct tls_context *tls; /* NULL until the first https URL */
    struct buf decoded;      /* scratch of content.c */
    /* Valid until a read callback returns. */
    char read_buffer[NETWORK_READ_SIZE];
    char plain_buffer[NETWORK_PLAIN_SIZE];
};

/* All functions are called on the loop's thread. network_init makes the process
 * ignore SIGPIPE, so that writing to a dead connection is an error of its
 * transfer and does not end the process. */
void network_init(struct network *network, uv_loop_t *loop);

/* Returns the TLS context, made at the first call. Returns NULL if out of
 * memory. */
struct tls_context *network_tls(struct network *network);

/* network_close closes the handles after all clients are closed. Run the loop
 * until it is empty, then call network_fini. */
void network_close(struct network *network);
void network_fini(struct network *network);

#endif
