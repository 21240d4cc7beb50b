/* incoming.h -- parses the reply of one transfer as its bytes come in.
 *
 * llhttp does the work, in place. Interim replies (1xx) are skipped. Headers
 * and body are kept only where the transfer asks for it.
 */
#ifndef CLIENT_INCOMING_H
#define CLIENT_INCOMING_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/error.h"

#define INCOMING_HEAD_MAX 65536

struct transfer;

enum incoming_state { INCOMING_MORE, INCOMING_DONE, INCOMING_FAILED };

struct incoming {
    llhttp_t parser;
    struct transfer *transfer;
    size_t name_at;  /* where the header's name begins in transfer->headers */
    size_t n_head;   /* bytes of the head so far, to bound it */
    bool in_body;    /* the head is complete */
    bool keep_alive; /* DONE: the connection may serve another transfer */
    /* FAILED: */
    enum client_error error;
    const char *detail;
};

/* Make ready for the reply of `transfer`, which must be clear. */
void incoming_begin(struct incoming *incoming, struct transfer *transfer);

/* Parse `n` bytes. DONE also clears keep_alive when bytes are left over. */
enum incoming_state incoming_feed(struct incoming *incoming, const char *data,
                                  size_t n);

/* The peer has closed: DONE when that is how this reply ends. */
enum incoming_state incoming_end_of_stream(struct incoming *incoming);

#endif
