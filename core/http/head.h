/* head.h -- refuses the heads of requests that libmicrohttpd takes although
 * they are malformed, and first of all those whose end two programs in a row
 * might see at different places (RFC 9112, 6.3 and 11.2).
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* Why a request was refused, static, and with which status. */
struct head_fault {
    unsigned status;
    const char *message;
};

/* RFC 9110, 5.6.2: what a method or a header's name may be. */
bool head_is_token(const char *s, size_t n);

/* `target`: as libmicrohttpd gives it, without the query. NULL when the head
 * is well-formed. */
const struct head_fault *head_check(struct MHD_Connection *connection,
                                    const char *method, const char *target,
                                    const char *version);

#endif
