/* connection.h -- one TCP connection of a client: dial, send, read, keep alive.
 *
 * Only client.c uses connections. A connection belongs to its client until it
 * is orphaned or closed, and frees itself after libuv has closed its handle.
 * Failures are reported from the close callback, so transfer->done is never
 * called from within client_send.
 *
 * Path: client.c -> [connection] -> transport.c, incoming.c
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <stdbool.h>

struct client;
struct connection;
struct deadline;
struct transfer;
struct url;

/* Makes a connection that is not dialled yet and adds it to the client. Returns
 * NULL if out of memory. */
struct connection *connection_new(struct client *client, const struct url *url);

/* Returns an idle connection of the client to the URL's host, or NULL. */
struct connection *connection_find_idle(const struct client *client,
                                        const struct url *url);

/* Returns a transfer that a connection of the client carries out, or NULL. */
struct transfer *connection_first_transfer(const struct client *client);

/* Carries out the transfer. The connection is new or idle. */
void connection_send(struct connection *connection, struct transfer *transfer);

/* Closes the connection and drops its transfer without calling `done`. */
void connection_abort(struct connection *connection);

/* Aborts all connections of the client. They leave the client, which may be
 * freed at once. */
void connection_orphan_all(struct client *client);

/* Called when the deadline of a connection's transfer is due. */
void connection_expired(struct deadline *deadline);

#endif
