/* head.h -- refuses malformed heads of requests that libmicrohttpd accepts.
 *
 * The most important ones are heads that let a proxy and this server disagree
 * on where a request ends: an attacker hides a second request that way (RFC
 * 9112, 6.3 and 11.2). The client gets the fault's status and message.
 *
 * Path: daemon.c -> [head] -> response.c
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* The reason for which a request is refused. All faults are static. */
struct head_fault {
    unsigned status;
    const char *message;
};

/* Returns true if the `n` bytes are a token (RFC 9110, 5.6.2), which methods
 * and names of headers must be. [any thread] */
bool head_is_token(const char *s, size_t n);

/* Checks the head of a request. `target` is the request target without its
 * query, as libmicrohttpd gives it. Returns NULL if the head is well-formed.
 * [the daemon's thread] */
const struct head_fault *head_check(struct MHD_Connection *connection,
                                    const char *method, const char *target,
                                    const char *version);

#endif
