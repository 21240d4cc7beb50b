/* daemon.h -- a libmicrohttpd daemon on a libuv loop.
 *
 * The daemon turns connections into complete requests, and answers into
 * replies. It does not listen: the listener's connections are handed to it.
 * Each worker has one daemon, and the admin thread has two. libmicrohttpd's
 * rules about what may be done when stay in daemon.c.
 *
 * All functions are called on the loop's thread.
 *
 * Path: handover.c, admin.c -> [daemon] -> worker.c, admin.c
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

/* The largest body of a request. A larger one is answered with 413. */
#define DAEMON_MAX_BODY_BYTES ((size_t)8 << 20)

/* One request. It is valid from `start` to the return of `end`. */
struct request {
    struct MHD_Connection *connection;
    const char *method;
    const char *path; /* percent-encoded, without the query */
    struct buf body;
    int64_t start_ns; /* arrival of its last byte, monotonic */
    void *data;       /* used by the handler */
    const char *id;   /* sent as X-Request-Id; owned by the handler, or NULL */

    unsigned status; /* status code of the answer, if is_answered */
    bool is_answered;

    /* daemon.c's own: */
    struct daemon *daemon;
    struct hangup_peer *peer;
    struct MHD_Response *response;
    bool is_started, is_suspended, is_too_large;
    size_t discarded_bytes;
    struct list_link in_daemon;
};

struct daemon_handler {
    /* A request has arrived with all of its body. The handler calls
     * request_answer or request_drop, at once or later. */
    void (*start)(void *ctx, struct request *request);
    /* A started request is over, answered or not. Called once for each. */
    void (*end)(void *ctx, struct request *request);
    /* A connection that was added is closed. May be NULL. */
    void (*closed)(void *ctx);
    void *ctx;
};

struct daemon {
    struct MHD_Daemon *mhd;
    struct daemon_handler handler;
    bool closes;       /* each reply says `Connection: close` */
    bool must_run;     /* libmicrohttpd has work that no event announces */
    bool is_stopping;  /* no more requests are started */
    unsigned n_active; /* requests that are started and not over */
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare;
    struct hangups hangups;
    struct list requests; /* requests that are not over */
};

struct daemon_limits {
    unsigned connections;  /* further ones are closed at once */
    unsigned idle_seconds; /* a connection silent for so long is closed */
};

/* Starts a daemon on the loop. `handler` is copied. Returns false and sets err
 * if that fails. The struct stays in place until the loop has run after
 * daemon_stop. */
bool daemon_start(struct daemon *d, uv_loop_t *loop,
                  const struct daemon_handler *handler,
                  const struct daemon_limits *limits, struct err *err);

/* Serves a connected socket, which the daemon owns from then on. Returns false
 * if that fails: the socket is closed then, without a call of `closed`. */
bool daemon_add(struct daemon *d, int fd);

/* Reads from sockets that were added, starts their requests and sends answers,
 * without waiting for the loop's next turn. */
void daemon_run(struct daemon *d);

/* Returns the number of open connections. */
unsigned daemon_n_connections(const struct daemon *d);

/* Answers a request. Called once for each request. The request takes the
 * caller's reference to the response; NULL stands for an empty body. */
void request_answer(struct request *request, unsigned status,
                    struct MHD_Response *response);

/* Closes the connection of a request without an answer, because its client has
 * left. */
void request_drop(struct request *request);

/* Suspends a request's connection until request_resume. The function that
 * produces a response's body calls it when it has nothing to send. Resuming a
 * request that is not suspended does nothing. */
void request_pause(struct request *request);
void request_resume(struct request *request);

/* Closes all connections and stops. Suspended requests are answered with 503
 * first. `end` is called for each started request, `start` no more. */
void daemon_stop(struct daemon *d);

#endif
