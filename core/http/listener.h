/* listener.h -- accepts connections and finds out who serves each.
 *
 * The first bytes of a connection are looked at and left in the socket, so
 * that whoever gets it reads them again. A connection whose request target is
 * not all there waits in an edge-triggered epoll: a level-triggered one (as
 * libuv's is) would report the bytes that were left in the socket for ever.
 *
 * Path: [listener] -> worker.c by its mailbox, or admin.c
 */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/list.h"
#include "http/peek.h"

struct listener_handler {
    /* May another connection be opened? If not it gets a 503. */
    bool (*has_room)(void *ctx);
    /* Serve it; the socket is the callee's, non-blocking. False, and it is the
     * caller's still: there is no room for it, so it gets a 503. */
    bool (*route)(void *ctx, int fd, enum peek_result who);
    void (*tick)(void *ctx); /* several times a second; or NULL */
    void *ctx;
};

struct listener {
    struct listener_handler handler;
    int fd;
    int epoll_fd;
    uv_poll_t accept_poll;
    uv_poll_t epoll_poll;
    uv_timer_t timer;
    struct list waiting; /* the oldest first */
    unsigned n_waiting;
    bool is_paused;   /* no descriptors left: accepts no more for a while */
    char address[96]; /* HOST:PORT that it listens on */
};

/* Bind to HOST:PORT ("127.0.0.1:0" picks a port) without accepting yet. False
 * and err, which names the address. */
bool listener_open(struct listener *l, const char *address, struct err *err);

/* Accept from now on. The struct stays in place until the loop has run after
 * listener_close. */
bool listener_start(struct listener *l, uv_loop_t *loop,
                    const struct listener_handler *handler, struct err *err);

/* Stop accepting and drop who waits. Works on one that was only opened. */
void listener_close(struct listener *l);

#endif
