/* resolver.h -- host names to addresses, for all clients on a loop.
 *
 * A name that was found is good for five minutes, k6's default, and longer if
 * it cannot be asked for then; a name that was not is asked for anew.
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
    unsigned preferred; /* the one that answered last: dial it first */
};

struct lookup;

/* `status`: 0, or libuv's error number and no host. */
typedef void (*lookup_fn)(struct lookup *lookup, struct host *host, int status);

/* One question; the asker's memory, until it is answered or cancelled. */
struct lookup {
    struct list_link in_entry; /* while it waits for the answer */
    lookup_fn done;
};

struct resolver {
    uv_loop_t *loop;
    struct resolver_entry *entries;
};

void resolver_init(struct resolver *resolver, uv_loop_t *loop);

/* Free the entries, when the loop has run to its end. */
void resolver_fini(struct resolver *resolver);

/* Ask. lookup->done is called, at once when the answer is known. */
void resolver_ask(struct resolver *resolver, const char *name,
                  struct lookup *lookup);

/* Forget the question, if it is still open. */
void resolver_cancel(struct lookup *lookup);

#endif
