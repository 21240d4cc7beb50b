/* admin.h -- what the process says of itself: /healthz, /metrics and /debug/.
 * It has daemons of its own, on the thread that accepts connections, so that
 * it answers while every worker is busy: one for connections to the port of
 * the workers, one for those to a port of its own (--admin).
 *
 * Path: listener.c -> [admin] -> pprof.c, metrics.c
 */
#ifndef SERVE_ADMIN_H
#define SERVE_ADMIN_H

#include <stdbool.h>

#include "pprof/capture.h"
#include "http/daemon.h"

struct admin_handler {
    /* Append what /metrics answers. */
    void (*write_metrics)(void *ctx, struct buf *out);
    void *ctx;
};

struct admin {
    struct daemon shared, own;
    struct captures captures;
    struct admin_handler handler;
};

/* The limits are each daemon's. `captures` and `handler` are copied. The
 * struct stays in place until the loop has run after admin_close. */
bool admin_open(struct admin *admin, const struct captures *captures,
                const struct admin_handler *handler,
                const struct daemon_limits *limits, struct err *err);

/* Serve a connected socket, which the admin owns from here on: one that was
 * made to the port of the workers, or to the admin's own, where connections
 * are kept alive. */
void admin_take_shared(struct admin *admin, int fd);
void admin_take_own(struct admin *admin, int fd);

unsigned admin_n_connections(const struct admin *admin);

/* When the captures are over, after captures_stop. */
void admin_close(struct admin *admin);

#endif
