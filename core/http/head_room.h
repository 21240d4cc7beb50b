/* head_room.h -- makes sure that the heads of a request and of its reply fit
 * into a connection's memory.
 *
 * libmicrohttpd keeps both heads in one block of fixed size, and closes the
 * connection without a reply if the reply's head does not fit. A request whose
 * head leaves too little room for a usual reply is therefore refused with 431,
 * and a reply with a longer head is detected before it is queued. The sizes
 * are estimates from above.
 *
 * All functions are called on the daemon's thread.
 *
 * Path: daemon.c -> [head_room]
 */
#ifndef HTTP_HEAD_ROOM_H
#define HTTP_HEAD_ROOM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* The size of a connection's block. libmicrohttpd clears the block for each
 * request: with its default of 32 KiB that took 8 % of a small request's
 * time. */
#define HEAD_ROOM_BYTES ((size_t)16 << 10)

/* Returns true if the request's head leaves room for the head of a usual
 * reply. */
bool head_room_is_left(struct MHD_Connection *connection);

/* Writes a 431 to the socket itself, because libmicrohttpd may not even have
 * room for that. The caller closes the connection. */
void head_room_refuse(struct MHD_Connection *connection);

/* Returns true if there is room for the response's head. Sets `n_bytes` to the
 * length of the response's headers. */
bool head_room_has(struct MHD_Connection *connection,
                   struct MHD_Response *response, size_t *n_bytes);

#endif
