/* pprof_request.h -- asks a target's /debug/pprof for a profile.
 *
 * Path: profile_capture.c, profile_overhead.c -> [pprof_request] -> client/
 */
#ifndef TARGET_PPROF_REQUEST_H
#define TARGET_PPROF_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "client/client.h"

struct pprof_request {
    struct transfer transfer; /* done and ctx are the caller's to set */
    char *url;
};

void pprof_request_init(struct pprof_request *request);
void pprof_request_fini(struct pprof_request *request);

/* Send it: `endpoint` below /debug/pprof/ of `base`, which is
 * "http://host:port", or that with a path, which may end with /debug/pprof
 * itself. `seconds` 0: none are asked for. transfer.done is called once. False
 * and err: it never is. */
bool pprof_request_send(struct pprof_request *request, struct client *client,
                        const char *base, const char *endpoint, int64_t seconds,
                        struct err *err);

/* Why the transfer, which is done, has brought no profile, in words: "403
 * Forbidden". False: it has brought something. */
bool pprof_request_failed(const struct transfer *transfer, char *out,
                          size_t size);

#endif
