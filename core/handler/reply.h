/* reply.h -- what a handler returned, or raised, as an HTTP response.
 *
 *   return body | status, body [, headers] | status | nothing
 *
 * A table is JSON, a string text, a body of req:stream what that writes; a lone
 * status has its reason as text when it is an error, and no body when it is
 * none; nothing is 204. Nothing here raises.
 */
#ifndef HANDLER_REPLY_H
#define HANDLER_REPLY_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/err.h"

struct lua_State;
struct stream;

struct reply {
    unsigned status;
    struct MHD_Response *response; /* the caller's; NULL: out of memory */
    size_t n_bytes;                /* of its body, unless that is a stream */
    struct stream *stream; /* its body, the caller's; NULL: not by req:stream */
    int body;              /* where the body is on the stack, of a stream */
};

/* A line of text. */
struct reply reply_text(unsigned status, const char *line);

/* From the values at `first` up to the top. False and err, which says what is
 * wrong with them. */
bool reply_from_results(struct lua_State *L, int first, struct reply *reply,
                        struct err *err);

/* From the error value on top: a table with a `status` of 400 to 599, and a
 * `message` if it likes, is an answer that the script wanted, not a fault.
 * False for anything else: `err`, which tells the failure already, then
 * begins with what is wrong with a status or message that is there. */
bool reply_from_error(struct lua_State *L, struct reply *reply,
                      struct err *err);

#endif
