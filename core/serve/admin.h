/* admin.h -- serves the endpoints that describe the process: /healthz, /metrics
 * and /debug/.
 *
 * The admin has daemons of its own on the thread that accepts connections, so
 * it answers while every worker computes. The `shared` daemon serves
 * connections to the port of the workers, and closes each after one reply. The
 * `own` daemon serves connections to a port of the admin's own (--admin), and
 * keeps them alive. All functions are called on the admin thread.
 *
 * Path: server.c -> [admin] -> pprof.c, metrics.c
 */
#ifndef SERVE_ADMIN_H
#define SERVE_ADMIN_H

#include <stdbool.h>

#include "pprof/capture.h"
#include "http/daemon.h"

struct admin_handler {
    /* Appends the answer to /metrics. */
    void (*write_metrics)(void *ctx, struct buf *out);
    void *ctx;
};

struct admin {
    struct daemon shared, own;
    struct captures captures;
    struct admin_handler handler;
};

/* Starts both daemons; the limits are for each. `captures` and `handler` are
 * copied. Returns false and sets err if that fails. The struct stays in place
 * until the loop has run after admin_close. */
bool admin_open(struct admin *admin, const struct captures *captures,
                const struct admin_handler *handler,
                const struct daemon_limits *limits, struct err *err);

/* Serves a connected socket, which the admin owns from then on, with the daemon
 * of that name. */
void admin_take_shared(struct admin *admin, int fd);
void admin_take_own(struct admin *admin, int fd);

/* Returns the number of open connections of both daemons. */
unsigned admin_n_connections(const struct admin *admin);

/* Stops both daemons. Called after captures_stop, when the captures are over.
 */
void admin_close(struct admin *admin);

#endif
