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

/* The next one of the same client. */
struct connection *connection_next(const struct connection *connection);

/* The one that it carries out; NULL: none. */
struct transfer *connection_transfer(const struct connection *connection);

/* Is it idle, and does it lead where the URL points? */
bool connection_fits(const struct connection *connection,
                     const struct url *url);

/* Carry out the transfer. The connection must fit. */
void connection_send(struct connection *connection, struct transfer *transfer);

/* Drop its transfer, if any, without a word, and close. */
void connection_abort(struct connection *connection);

/* Abort, and leave the client, which may be freed. */
void connection_orphan(struct connection *connection);

/* The deadline of a connection's transfer has come. */
void connection_expired(struct deadline *deadline);

#endif
