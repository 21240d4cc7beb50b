/* peek.h -- decides from the first bytes of a connection which thread serves
 * it.
 *
 * The admin thread serves its own paths, so that they answer while every worker
 * computes; all other requests go to a worker. A malformed request goes to a
 * worker, too, whose daemon answers it with an error. These functions keep no
 * state and read only what they are given. [any thread]
 *
 * Path: listener.c -> [peek] -> server.c
 */
#ifndef HTTP_PEEK_H
#define HTTP_PEEK_H

#include <stdbool.h>
#include <stddef.h>

/* So many bytes always suffice for a decision. */
#define PEEK_BYTES 512

enum peek_result {
    PEEK_MORE,   /* undecided: the request target is incomplete */
    PEEK_ADMIN,  /* /healthz, /metrics, /debug and all paths below /debug/ */
    PEEK_WORKER, /* anything else, malformed requests included */
    PEEK_TLS,    /* a client that speaks TLS, which nobody serves */
};

/* Decides from the first `n` bytes of a connection. */
enum peek_result peek_route(const char *bytes, size_t n);

/* Returns true if the admin thread serves this path, which has no query. */
bool peek_is_admin_path(const char *path, size_t len);

#endif
