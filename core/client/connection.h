/* connection.h -- one TCP connection of a client: dial, send, read, keep.
 *
 * client.c's own. A connection belongs to its client until it is orphaned or
 * closed, and frees itself once libuv has let go of it.
 *
 * Whatever fails is reported from the close callback, so that an transfer's
 * done is never called from within client_send.
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <stdbool.h>

struct client;
struct connection;
struct deadline;
struct transfer;
struct url;

/* Not dialled yet; linked into the client. NULL when out of memory. */
struct connection *connection_new(struct client *client, const struct url *url);

/* Returns an idle connection of the client to the URL's host, or NULL. */
struct connection *connection_find_idle(const struct client *client,
                                        const struct url *url);

/* Returns a transfer that a connection of the client carries out, or NULL. */
struct transfer *connection_first_transfer(const struct client *client);

/* Carry out the transfer. The connection is new or was found idle. */
void connection_send(struct connection *connection, struct transfer *transfer);

/* Drop its transfer, if any, without a word, and close. */
void connection_abort(struct connection *connection);

/* Aborts all connections of the client. They leave the client, which may be
 * freed at once. */
void connection_orphan_all(struct client *client);

/* The deadline of a connection's transfer has come. */
void connection_expired(struct deadline *deadline);

#endif
