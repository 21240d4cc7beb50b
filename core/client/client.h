/* client.h -- the HTTP/1.1 client on a libuv loop, with kept-alive connections
 * of its own.
 *
 * Each virtual user of the load generator is one client, and so is each app of
 * the server (handler/outbound.h). A connection carries one transfer at a time;
 * any number of transfers may be in progress, each on a connection of its own.
 * An idle connection is kept until the server closes it. All functions are
 * called on the loop's thread.
 *
 * Path: chain.c -> [client] -> connection.c -> incoming.c -> transfer->done
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

#include "base/list.h"
#include "client/transfer.h"
#include "client/network.h"
#include "client/tls.h"

struct client {
    struct network *network;
    struct list connections; /* idle ones too */
    struct tls_sessions sessions;
};

void client_init(struct client *client, struct network *network);

/* Aborts all transfers and closes all connections. The client may be freed at
 * once; the connections free themselves when the loop runs. */
void client_close(struct client *client);

/* Sends the transfer. transfer->done is called once, later, unless the transfer
 * is aborted. Returns false if out of memory; then `done` is not called. */
bool client_send(struct client *client, struct transfer *transfer);

/* Returns a transfer that is in progress, NULL if there is none. */
struct transfer *client_first_transfer(const struct client *client);

/* Aborts the transfer: `done` is not called. Does nothing if the transfer is
 * not in progress. */
void client_abort(struct transfer *transfer);

#endif
