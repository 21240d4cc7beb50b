/* hangup.h -- connections whose client has closed its side.
 *
 * libmicrohttpd reads a socket when its edge-triggered epoll says that it is
 * readable, and takes a short read for the end of what is there. An end that
 * came with the last bytes is not seen then, and the connection stays until it
 * times out. So it is looked for here, and shown to libmicrohttpd once more by
 * a shutdown, which wakes its epoll: at once, or when the request that is
 * under way has its reply.
 *
 * Path: [hangup] -> daemon.c
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

/* Those of a daemon. */
struct hangups {
    int epoll_fd;
    uv_poll_t poll;
    struct MHD_Daemon *mhd;
    struct list gone; /* peers whose end is to be shown */
};

/* The struct stays in place until the loop has run after hangups_close. */
bool hangups_open(struct hangups *hangups, uv_loop_t *loop,
                  struct MHD_Daemon *mhd, struct err *err);
void hangups_close(struct hangups *hangups);

/* Look after a connection. NULL, which the others ignore, when something is
 * short. */
struct hangup_peer *hangups_add(struct hangups *hangups, int fd);

/* It is being closed: forget it. */
void hangups_remove(struct hangups *hangups, struct hangup_peer *peer);

/* A request of the connection is there, all of it; it is over. */
void hangup_begin_request(struct hangup_peer *peer);
void hangup_end_request(struct hangup_peer *peer);

#endif
