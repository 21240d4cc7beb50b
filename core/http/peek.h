/* peek.h -- reads off the first bytes of a connection who serves it. */
#ifndef HTTP_PEEK_H
#define HTTP_PEEK_H

#include <stdbool.h>
#include <stddef.h>

/* No more than so many bytes are ever needed. */
#define PEEK_BYTES 512

enum peek_result {
    PEEK_MORE,   /* undecided: the target is not all there */
    PEEK_ADMIN,  /* /healthz, /metrics, /debug and what is below /debug/ */
    PEEK_WORKER, /* anything else, malformed requests included */
    PEEK_TLS,    /* nobody: a client that speaks TLS */
};

enum peek_result peek_route(const char *bytes, size_t n);

/* Is it the admin who serves this path (without its query)? */
bool peek_is_admin_path(const char *path, size_t len);

#endif
