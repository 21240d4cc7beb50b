/* resolver.h -- looks up host names for all clients on a loop.
 *
 * A thread of libuv's pool looks a name up (getaddrinfo), and the deadline of
 * the transfer bounds the wait. A found name is used for five minutes, k6's
 * default, and longer if the next lookup fails. A failed lookup is not
 * remembered.
 *
 * Path: connection.c -> [resolver] -> connection.c
 */
#ifndef CLIENT_RESOLVER_H
#define CLIENT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/list.h"

#define RESOLVER_ADDRESSES_MAX 8

struct host {
    struct sockaddr_storage addresses[RESOLVER_ADDRESSES_MAX]; /* no port */
    unsigned n_addresses;
    unsigned
        preferred; /* index of the address that answered last: dialled first */
};

struct lookup;

/* `status` is 0, or libuv's error number; then `host` is NULL. */
typedef void (*lookup_fn)(struct lookup *lookup, struct host *host, int status);

/* One lookup, in the caller's memory until it is answered or cancelled. */
struct lookup {
    struct list_link in_entry; /* while the lookup waits */
    lookup_fn done;
};

struct resolver {
    uv_loop_t *loop;
    struct resolver_entry *entries;
};

void resolver_init(struct resolver *resolver, uv_loop_t *loop);

/* Frees the entries. Called after the loop has run to its end. */
void resolver_fini(struct resolver *resolver);

/* Looks up `name` and calls lookup->done, at once if the answer is known. */
void resolver_ask(struct resolver *resolver, const char *name,
                  struct lookup *lookup);

/* Cancels the lookup. Does nothing if it has been answered. */
void resolver_cancel(struct lookup *lookup);

#endif
