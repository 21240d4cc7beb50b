/* handover.h -- brings an accepted socket from the admin thread to a worker.
 *
 * The admin thread posts a socket to the mailbox of one worker. A worker whose
 * handler computes does not read its mailbox, so the admin thread takes back a
 * socket that its worker has not picked up within 20 ms and offers it to all
 * workers. The first worker that reads its mailbox takes it. If every worker is
 * stuck, the socket waits for the one that is free first.
 *
 *     admin thread                              workers
 *     handovers_post --> mailbox of one ------> picks the socket up
 *          |  after 20 ms
 *          +--> offers, message to all -------> the first one takes it
 *
 * One atomic state decides which thread owns a socket on its way, so no lock is
 * taken. A worker serves one socket before it picks up the next: those behind
 * it can still be taken back if its handler computes. A socket that a worker
 * has picked up stays with that worker, because libmicrohttpd may already have
 * read from it.
 *
 * Path: dispatch.c -> [handover] -> worker.c
 */
#ifndef SERVE_HANDOVER_H
#define SERVE_HANDOVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "base/mailbox.h"

/* Sockets that may be on offer. Further ones stay in the mailboxes of their
 * workers until there is room. */
enum { HANDOVER_MAX_OFFERS = 256 };

struct handover;

/* Sockets that were taken back, oldest first: a queue into which the admin
 * thread puts and from which all workers take. */
struct handover_offers {
    atomic_uint n_made, n_taken; /* since the start */
    _Atomic int fds[HANDOVER_MAX_OFFERS];
};

/* A worker's end. */
struct handover_receiver {
    struct mailbox *mailbox; /* of the worker's loop */
    /* Serves a socket, which the callee owns from then on. The callee calls
     * handover_receiver_closed once for it. [worker] */
    void (*serve)(void *ctx, int fd);
    void *ctx;

    /* handover.c's own */
    atomic_uint n_connections;
    struct handover_offers *offers;
    struct mailbox_message offer_message;
    atomic_bool is_offer_posted; /* and not delivered yet */
    struct list_link link;
};

/* The admin thread's end. */
struct handovers {
    uv_timer_t timer; /* runs while a socket is on its way */
    /* Called for each socket that is taken back from a receiver. */
    void (*taken_back)(void *ctx, const struct handover_receiver *receiver);
    void *ctx;
    uint64_t n_taken_back; /* since the start */

    /* handover.c's own */
    struct handover_offers offers;
    struct list receivers;
    struct list on_their_way; /* oldest first; some may be picked up */
};

/* Starts without a receiver. The struct stays in place until handovers_fini.
 * All functions below: [the loop's thread]. */
void handovers_open(struct handovers *handovers, uv_loop_t *loop,
                    void (*taken_back)(void *ctx,
                                       const struct handover_receiver *),
                    void *ctx);

/* Makes `receiver`, whose mailbox, serve and ctx are set, one that sockets can
 * be given to. It stays in place until its mailbox is closed. */
void handovers_add(struct handovers *handovers,
                   struct handover_receiver *receiver);

/* Gives a connected socket to a receiver, or after 20 ms to any other one.
 * Closes the socket if out of memory. */
void handovers_post(struct handovers *handovers,
                    struct handover_receiver *receiver, int fd);

/* Returns how many sockets are on offer and not taken yet. */
unsigned handovers_n_offered(const struct handovers *handovers);

/* Takes nothing back from then on. Must be called before the receivers are
 * told to stop: each of them takes what is on offer before it learns that. */
void handovers_close(struct handovers *handovers);

/* Frees what is left. Called after handovers_close, when all receivers have
 * closed their mailboxes. */
void handovers_fini(struct handovers *handovers);

/* Returns how many connections a receiver has, those on their way to it
 * included. [any thread] */
unsigned
handover_receiver_n_connections(const struct handover_receiver *receiver);

/* A connection that `serve` got is closed. [worker] */
void handover_receiver_closed(struct handover_receiver *receiver);

#endif
