/* server.h -- the life of `perilune serve`: listens, starts the workers, hands
 * each connection to the admin or to the least busy worker, reloads the scripts
 * and stops on a signal.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <stdbool.h>

#include "base/err.h"

struct server_options {
    const char *address;       /* HOST:PORT */
    const char *admin_address; /* the admin's own too; NULL: none */
    int n_workers;
    unsigned max_connections; /* 0: as many as descriptors allow */
    unsigned idle_seconds;    /* after so much silence one is closed */
    bool dev;
    bool logs_access;                 /* a line for each request */
    bool trusts_baggage;              /* baggage.h */
    bool watches;                     /* reload when a script changes */
    const char *dir;                  /* of routes.lua */
    const char *const *exporter_dirs; /* ends with NULL */
};

enum server_result {
    SERVER_STOPPED,
    SERVER_FAILED, /* to start: err says why */
    /* A worker, or the load of new scripts, did not come to its end in time.
     * Its thread still runs, so the process should leave by _exit. */
    SERVER_ABANDONED,
};

/* Serve until SIGTERM or SIGINT, then let requests end (5 s at most). The
 * calling thread becomes the admin's; it has called attach_thread. */
enum server_result server_run(const struct server_options *options,
                              struct err *err);

#endif
