/* network.h -- what all clients on one loop share: the deadlines, the names
 * that were looked up and the buffer that replies are read into and parsed in.
 */
#ifndef CLIENT_NETWORK_H
#define CLIENT_NETWORK_H

#include <uv.h>

#include "client/deadline.h"
#include "client/resolver.h"

#define NETWORK_READ_SIZE 65536

struct network {
    uv_loop_t *loop;
    struct deadlines deadlines;
    struct resolver resolver;
    char read_buffer[NETWORK_READ_SIZE]; /* good until a read callback ends */
};

/* All on the loop's thread. init makes the process ignore SIGPIPE, which libuv
 * leaves to the program: a dead connection is an error of its transfer. */
void network_init(struct network *network, uv_loop_t *loop);

/* Close the handles, after all clients are closed; then run the loop until it
 * has nothing left; then fini. */
void network_close(struct network *network);
void network_fini(struct network *network);

#endif
