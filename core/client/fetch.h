/* fetch.h -- gets one URL and waits for the reply, on a loop of its own.
 *
 * Path: cli/profile_input.c -> [fetch] -> chain.c
 */
#ifndef CLIENT_FETCH_H
#define CLIENT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Sends GET for `url` and follows up to 10 redirects. Appends the reply's body
 * to `body` and sets *status, whatever the status is. Returns false and sets
 * err if there is no complete reply within `timeout_ns`, or if the body is
 * longer than `limit` bytes. The message leaves out the URL, unless the URL
 * itself is invalid. [any thread that may block] */
bool client_fetch(const char *url, int64_t timeout_ns, size_t limit,
                  struct buf *body, int *status, struct err *err);

#endif
