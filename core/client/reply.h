/* reply.h -- parses the reply of one exchange as its bytes come in.
 *
 * llhttp does the work, in place. Interim replies (1xx) are skipped. Headers
 * and body are kept only where the exchange asks for it.
 */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/error.h"

#define REPLY_HEAD_MAX 65536

struct exchange;

enum reply_state { REPLY_MORE, REPLY_DONE, REPLY_FAILED };

struct reply {
    llhttp_t parser;
    struct exchange *exchange;
    size_t n_head;   /* bytes of the head so far, to bound it */
    bool in_body;    /* the head is complete */
    bool keep_alive; /* DONE: the connection may serve another exchange */
    /* FAILED: */
    enum client_error error;
    const char *detail;
};

/* Make ready for the reply of `exchange`, which must be clear. */
void reply_begin(struct reply *reply, struct exchange *exchange);

/* Parse `n` bytes. DONE also clears keep_alive when bytes are left over. */
enum reply_state reply_feed(struct reply *reply, const char *data, size_t n);

/* The peer has closed: DONE when that is how this reply ends. */
enum reply_state reply_end_of_stream(struct reply *reply);

#endif
