/* network.h -- what all clients on one loop share: the deadlines, the names
 * that were looked up, the buffers that replies are read into and parsed in,
 * and what TLS trusts.
 */
#ifndef CLIENT_NETWORK_H
#define CLIENT_NETWORK_H

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "client/deadline.h"
#include "client/resolver.h"

#define NETWORK_READ_SIZE 65536
#define NETWORK_PLAIN_SIZE 16384 /* the most that a record of TLS holds */

struct tls_context;

struct network {
    uv_loop_t *loop;
    struct deadlines deadlines;
    struct resolver resolver;
    bool skip_verify;        /* TLS: any certificate will do */
    struct tls_context *tls; /* NULL: not needed yet */
    struct buf decoded;      /* of content.c */
    /* Good until a read callback ends. */
    char read_buffer[NETWORK_READ_SIZE];
    char plain_buffer[NETWORK_PLAIN_SIZE];
};

/* All on the loop's thread. init makes the process ignore SIGPIPE, which libuv
 * leaves to the program: a dead connection is an error of its transfer. */
void network_init(struct network *network, uv_loop_t *loop);

/* For the first https URL. NULL when out of memory. */
struct tls_context *network_tls(struct network *network);

/* Close the handles, after all clients are closed; then run the loop until it
 * has nothing left; then fini. */
void network_close(struct network *network);
void network_fini(struct network *network);

#endif
