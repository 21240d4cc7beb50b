/* fetch.h -- get one URL, on a loop of its own, and wait for it. */
#ifndef CLIENT_FETCH_H
#define CLIENT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* GET `url`; the reply's body goes to `body`, its status to *status, whatever
 * it is; up to 10 redirects are followed. False and err when there is no
 * complete reply within `timeout_ns`, or its body is longer than `limit` bytes:
 * err does not repeat the URL, but where that is none. [any thread that may
 * block] */
bool client_fetch(const char *url, int64_t timeout_ns, size_t limit,
                  struct buf *body, int *status, struct err *err);

#endif
