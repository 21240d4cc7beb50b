/* listener.h -- accepts connections and routes each by its first request.
 *
 * The listener reads the first bytes of a connection with MSG_PEEK, so they
 * stay in the socket for the daemon that gets it. peek.c decides from these
 * bytes. A connection whose request target is still incomplete waits in an
 * edge-triggered epoll of the listener's own. libuv's epoll is level-triggered
 * and would report the bytes that stay in the socket without end. A connection
 * waits for its request target for 10 s at most, and is then answered with 408.
 * If descriptors are short, the listener accepts nothing until the next tick.
 *
 * All functions are called on the loop's thread.
 *
 * Path: address.c -> [listener] -> peek.c -> server.c
 */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/list.h"
#include "http/peek.h"

struct listener_handler {
    /* Returns true if another connection may be opened. Otherwise the
     * connection gets a 503. */
    bool (*has_room)(void *ctx);
    /* Serves a non-blocking socket, which the callee owns from then on. Returns
     * false if there is no room for the connection: the socket stays the
     * caller's, and the connection gets a 503. */
    bool (*route)(void *ctx, int fd, enum peek_result who);
    void (*tick)(void *ctx); /* called every 250 ms; may be NULL */
    void *ctx;
};

struct listener {
    struct listener_handler handler;
    int fd;       /* listens */
    int epoll_fd; /* reports waiting connections; -1: not started */
    uv_poll_t accept_poll;
    uv_poll_t epoll_poll;
    uv_timer_t timer;
    struct list waiting; /* oldest first, so in order of their deadlines */
    unsigned n_waiting;
    bool is_paused;   /* out of descriptors: accepts nothing until a tick */
    char address[96]; /* HOST:PORT of `fd` */
};

/* Listens on HOST:PORT, but accepts nothing yet. "127.0.0.1:0" picks a port.
 * Returns false and sets err, which names the address, if that fails. */
bool listener_open(struct listener *l, const char *address, struct err *err);

/* Accepts connections from then on. Returns false and sets err if that fails.
 * The struct stays in place until the loop has run after listener_close. */
bool listener_start(struct listener *l, uv_loop_t *loop,
                    const struct listener_handler *handler, struct err *err);

/* Stops accepting and closes the connections that wait. The listener need not
 * have been started. */
void listener_close(struct listener *l);

#endif
