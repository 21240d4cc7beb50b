/* party.h -- for tests of core/client: a loop with a network, and a transfer
 * sent and waited for. After cmocka.h. */
#ifndef SPEC_PARTY_H
#define SPEC_PARTY_H

#include <uv.h>

#include "client/client.h"

struct party {
    uv_loop_t loop;
    struct network network;
    unsigned n_open; /* clients that have not finished */
};

static inline void party_init(struct party *party)
{
    uv_loop_init(&party->loop);
    network_init(&party->network, &party->loop);
    party->n_open = 0;
}

/* Everything is closed: the loop must come to its end by itself. */
static inline void party_fini(struct party *party)
{
    network_close(&party->network);
    assert_int_equal(uv_run(&party->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&party->loop), 0);
    network_fini(&party->network);
}

static inline void party_stop(struct transfer *transfer)
{
    uv_stop(((struct party *)transfer->ctx)->network.loop);
}

/* Send and wait. */
static inline void party_run(struct party *party, struct client *client,
                             struct transfer *transfer)
{
    transfer->done = party_stop;
    transfer->ctx = party;
    assert_true(client_send(client, transfer));
    uv_run(&party->loop, UV_RUN_DEFAULT);
    assert_null(transfer->connection);
}

#endif
