/* reply.h -- turns the results of a handler, or its error, into a response.
 *
 *   return body | status, body [, headers] | status | nothing
 *
 * A table becomes JSON and a string becomes text. A body of req:stream is
 * written while it is sent. A lone status from 400 on has its reason phrase as
 * text, a lower one has no body. Nothing, or nil, becomes 204. A result of
 * another type is a fault of the script. Nothing here raises. All functions are
 * called on the worker's thread.
 *
 * Path: exchange.c -> [reply] -> response.c, modules/json_encode.c
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
    size_t n_bytes;                /* of the body, unless it is a stream */
    struct stream *stream;         /* the caller's; NULL: the body is none */
    int body; /* stack index of the body, if it is a stream */
};

/* Makes a reply of one line of text. */
struct reply reply_text(unsigned status, const char *line);

/* Makes a reply of the values from `first` to the top. Returns false and sets
 * err, which says what is wrong with the values, if they make none. */
bool reply_from_results(struct lua_State *L, int first, struct reply *reply,
                        struct err *err);

/* Makes a reply of the error value on top, if the script meant it as one: a
 * table with a `status` from 400 to 599 and perhaps a `message`. Returns false
 * for any other error. If `status` or `message` are there but wrong, their
 * fault is put in front of `err`, which tells the failure already. */
bool reply_from_error(struct lua_State *L, struct reply *reply,
                      struct err *err);

#endif
