/* server.h -- the life of `perilune serve`.
 *
 * The server listens, loads the scripts and starts the workers. It then gives
 * each connection to the admin or to a worker, reloads the scripts when they
 * change, and stops on a signal. The thread that calls server_run is the admin
 * thread: it owns the listeners, the admin's daemons and the list of workers.
 *
 *     listener --> admin: /healthz, /metrics, /debug/
 *              '-> dispatch --> handover --> worker 1..n: app, Lua
 *
 * Path: cli/serve.c -> [server] -> listener.c, dispatch.c, admin.c, reloader.c
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <stdbool.h>

#include "base/err.h"

struct server_options {
    const char *address;       /* HOST:PORT */
    const char *admin_address; /* the admin's own HOST:PORT, or NULL */
    int n_workers;
    unsigned max_connections; /* 0: as many as descriptors allow */
    unsigned idle_seconds;    /* a connection silent for so long is closed */
    bool dev;                 /* clients get tracebacks */
    bool logs_access;         /* access_log.h */
    bool trusts_baggage;      /* baggage.h */
    bool watches;             /* reloads when a script changes */
    const char *dir;          /* the folder of routes.lua */
    const char *const *exporter_dirs; /* ends with NULL */
};

enum server_result {
    SERVER_STOPPED, /* a signal stopped it */
    SERVER_FAILED,  /* it did not start; err is set */
    /* Something did not end within 7 s: a worker, the load of scripts or of an
     * exporter, an export, or a thread that a script has spawned. Its thread
     * still runs, so the process should leave by _exit. */
    SERVER_ABANDONED,
};

/* Serves until SIGTERM or SIGINT, then lets requests end for 5 s at most. The
 * calling thread, which has called attach_thread, becomes the admin thread. */
enum server_result server_run(const struct server_options *options,
                              struct err *err);

#endif
