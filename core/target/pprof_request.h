/* pprof_request.h -- requests a profile from the target's /debug/pprof.
 *
 * Path: profile_capture.c, profile_overhead.c -> [pprof_request] ->
 * client/client.c
 */
#ifndef TARGET_PPROF_REQUEST_H
#define TARGET_PPROF_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "client/client.h"

struct pprof_request {
    struct transfer transfer; /* the caller sets `done` and `ctx` */
    char *url;
};

/* Makes an empty request, and frees one. A request may be sent more than
 * once. */
void pprof_request_init(struct pprof_request *request);
void pprof_request_fini(struct pprof_request *request);

/* Sends a request for `endpoint` below /debug/pprof/ of `base`. `base` is
 * "http://host:port", with a path if /debug/pprof is below one; it may end with
 * /debug/pprof itself. `seconds` is the parameter of that name; 0 leaves it
 * out. The reply has `seconds` and 20 s more to arrive. transfer.done is called
 * once. Returns false and sets err if the request cannot be sent; then
 * transfer.done is not called. */
bool pprof_request_send(struct pprof_request *request, struct client *client,
                        const char *base, const char *endpoint, int64_t seconds,
                        struct err *err);

/* Returns true if the finished transfer has brought no profile, and writes the
 * reason to `out`, such as "403 Forbidden". */
bool pprof_request_failed(const struct transfer *transfer, char *out,
                          size_t size);

#endif
