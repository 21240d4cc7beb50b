/* incoming.h -- parses the reply of one transfer while its bytes arrive.
 *
 * llhttp parses in place. Interim replies (1xx) are skipped. Headers and body
 * are kept only if the transfer asks for them.
 *
 * Path: connection.c -> [incoming] -> transfer.c
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
    size_t name_at; /* offset of the header's name in transfer->headers */
    size_t
        n_head;   /* bytes of the head so far; INCOMING_HEAD_MAX is the limit */
    bool in_body; /* the head is complete */
    bool keep_alive; /* after DONE: the connection may be used again */
    /* After FAILED: */
    enum client_error error;
    const char *detail;
};

/* Prepares for the reply of `transfer`, which must be cleared. */
void incoming_begin(struct incoming *incoming, struct transfer *transfer);

/* Parses `n` bytes. With DONE, keep_alive is false if bytes are left over. */
enum incoming_state incoming_feed(struct incoming *incoming, const char *data,
                                  size_t n);

/* The peer has closed. Returns DONE if the reply is complete with that. */
enum incoming_state incoming_end_of_stream(struct incoming *incoming);

#endif
