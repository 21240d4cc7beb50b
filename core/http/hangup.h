/* hangup.h -- closes connections whose client has closed its side.
 *
 * libmicrohttpd reads a socket when its edge-triggered epoll reports it, and
 * takes a short read for the end of the data. If a client's FIN arrives with
 * its last bytes, libmicrohttpd does not read again and keeps the connection
 * until it times out. A second epoll therefore watches every connection for a
 * FIN. A shutdown of the socket's reading side then makes libmicrohttpd's epoll
 * report the socket once more. For a connection with a request under way, the
 * shutdown waits until the request has its reply.
 *
 * All functions are called on the loop's thread.
 *
 * Path: daemon.c -> [hangup]
 */
#ifndef HTTP_HANGUP_H
#define HTTP_HANGUP_H

#include <microhttpd.h>
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/list.h"

/* One connection. */
struct hangup_peer;

/* The connections of a daemon. */
struct hangups {
    int epoll_fd; /* reports a FIN once for each connection */
    uv_poll_t poll;
    struct MHD_Daemon *mhd;
    struct list gone; /* peers whose FIN was just reported */
};

/* Returns false and sets err if that fails. The struct stays in place until the
 * loop has run after hangups_close. */
bool hangups_open(struct hangups *hangups, uv_loop_t *loop,
                  struct MHD_Daemon *mhd, struct err *err);
void hangups_close(struct hangups *hangups);

/* Watches a connection. Returns NULL, which the functions below ignore, if out
 * of memory or descriptors: the connection then stays until it times out. */
struct hangup_peer *hangups_add(struct hangups *hangups, int fd);

/* Frees the peer of a connection that is about to be closed. */
void hangups_remove(struct hangups *hangups, struct hangup_peer *peer);

/* Called when a request of the connection is started, and when it is over. */
void hangup_begin_request(struct hangup_peer *peer);
void hangup_end_request(struct hangup_peer *peer);

#endif
