/* head_room.h -- do the heads of a request and of its reply fit into the
 * memory that a connection has for both?
 *
 * libmicrohttpd closes the connection without a word where the reply's does
 * not. So the room for a short one is kept free, by refusing longer requests,
 * and a reply that is too long is seen before it is queued.
 *
 * [worker, admin]
 */
#ifndef HTTP_HEAD_ROOM_H
#define HTTP_HEAD_ROOM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Of a connection. libmicrohttpd clears it for each request, which at its own
 * 32 KiB was 8 % of a small request's time. */
#define HEAD_ROOM_BYTES ((size_t)16 << 10)

/* Is there room for the heads of the usual replies? */
bool head_room_is_left(struct MHD_Connection *connection);

/* It is not: say so past libmicrohttpd, which may have no room even for that.
 * The connection is to be closed then. */
void head_room_refuse(struct MHD_Connection *connection);

/* Is there room for this one? Gives the length of its headers. */
bool head_room_has(struct MHD_Connection *connection,
                   struct MHD_Response *response, size_t *n_bytes);

#endif
