/* client.h -- the HTTP/1.1 client on a libuv loop: a party with connections
 * of its own, which are kept alive.
 *
 * A virtual user of the load generator is one client; so is a worker of the
 * server. One transfer is on one connection at a time; any number of
 * transfers may be on their way. All on the loop's thread.
 *
 * Path: request.c -> [client] -> connection.c -> incoming.c -> transfer's done
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
    struct list connections; /* all, idle or not */
    struct tls_sessions sessions;
};

void client_init(struct client *client, struct network *network);

/* Abort what is on its way and close all connections. The client may be
 * freed at once; the loop must still run. */
void client_close(struct client *client);

/* Send. transfer->done is called once, later, unless it is aborted. False
 * when out of memory: then it never is. */
bool client_send(struct client *client, struct transfer *transfer);

/* Any that is on its way; NULL: none. */
struct transfer *client_first_transfer(const struct client *client);

/* Give the transfer up: done is not called. Does nothing when it is not on
 * its way. */
void client_abort(struct transfer *transfer);

#endif
