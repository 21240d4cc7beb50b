/* daemon.h -- a libmicrohttpd daemon on a libuv loop. It turns connections
 * into requests, whole ones, and answers into replies; libmicrohttpd's rules
 * about when which may be done stay in daemon.c.
 *
 * It listens to nothing: connections are handed to it. Everything here belongs
 * to the thread of the loop.
 *
 * Path: listener.c -> [daemon] -> worker.c, admin.c
 */
#ifndef HTTP_DAEMON_H
#define HTTP_DAEMON_H

#include <microhttpd.h>
#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "http/hangup.h"

/* The largest body of a request; a larger one is answered with 413. */
#define DAEMON_MAX_BODY_BYTES ((size_t)8 << 20)

/* Valid from `start` to `end` of its handler. */
struct request {
    struct MHD_Connection *connection;
    const char *method;
    const char *path; /* percent-encoded, without the query */
    struct buf body;
    int64_t start_ns; /* when all of it was there, monotonic */
    void *data;       /* the handler's own */
    const char *id;   /* sent back as X-Request-Id; the handler's, or NULL */

    unsigned status; /* once it is answered */
    bool is_answered;

    /* daemon.c's own */
    struct daemon *daemon;
    struct hangup_peer *peer;
    struct MHD_Response *response;
    bool is_started, is_suspended, is_too_large;
    size_t discarded_bytes;
    struct list_link in_daemon;
};

struct daemon_handler {
    /* A request is there with its body. Answer now, or later. */
    void (*start)(void *ctx, struct request *request);
    /* It is over, answered or not; called once for each one started. */
    void (*end)(void *ctx, struct request *request);
    /* A connection that was added is closed. May be NULL. */
    void (*closed)(void *ctx);
    void *ctx;
};

struct daemon {
    struct MHD_Daemon *mhd;
    struct daemon_handler handler;
    bool closes; /* say `Connection: close` in each reply */
    bool must_run;
    bool is_stopping;  /* starts no more requests */
    unsigned n_active; /* requests started and not over */
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare;
    struct hangups hangups;
    struct list requests; /* those that are not over */
};

struct daemon_limits {
    unsigned connections;
    unsigned idle_seconds; /* after so much silence one is closed */
};

/* The struct stays in place until the loop has run after daemon_stop. */
bool daemon_start(struct daemon *d, uv_loop_t *loop,
                  const struct daemon_handler *handler,
                  const struct daemon_limits *limits, struct err *err);

/* Serve a connected socket, which the daemon owns from here on. When this
 * fails the socket is closed, without a call of `closed`. */
bool daemon_add(struct daemon *d, int fd);

/* Does now what the loop does before it next waits: reads from sockets that
 * were added, starts their requests and sends answers. */
void daemon_run(struct daemon *d);

/* Number of open connections. */
unsigned daemon_n_connections(const struct daemon *d);

/* Answer, once, with a response of which the request takes the reference;
 * NULL stands for an empty one. */
void request_answer(struct request *request, unsigned status,
                    struct MHD_Response *response);

/* The client has left: close the connection without an answer. */
void request_drop(struct request *request);

/* For the reader of a response's body: there is nothing to send until
 * request_resume, which does nothing to a request that is not paused. */
void request_pause(struct request *request);
void request_resume(struct request *request);

/* Close all connections and stop. Requests without an answer get a 503 first;
 * `end` is called for those that were started, `start` no more. */
void daemon_stop(struct daemon *d);

#endif
