/* faulty.h -- an HTTP server that does everything wrong, for tests. The path of
 * a request is the number of a fault. Real sockets of 127.0.0.1, a thread per
 * connection.
 *
 * spec/c/client.c has it in its own process; main.c makes a program of it, for
 * spec/faults_spec.lua.
 */
#ifndef SPEC_FAULTY_H
#define SPEC_FAULTY_H

#include <stdatomic.h>
#include <stddef.h>

#include "client/error.h"

/* What the server does once it has sent `reply`. */
enum fault_act {
    FAULT_KEEP,         /* serve the next request */
    FAULT_CLOSE,        /* orderly */
    FAULT_RESET,        /* by RST */
    FAULT_STALL,        /* say nothing more until the client goes */
    FAULT_SLOWLY,       /* `reply` went byte by byte; then KEEP */
    FAULT_ENDLESS_BODY, /* chunks until the client goes */
    FAULT_ENDLESS_HEAD, /* header fields until the client goes */
    FAULT_DIE_IDLE,     /* end the connection: FIN, then RST */
    FAULT_CLOSE_SECOND, /* answer one request, then close at the next */
    FAULT_LOOP,         /* `reply` was a redirect to the same fault; KEEP */
    /* `reply` is a Content-Encoding; what is sent is FAULTY_TEXT in it */
    FAULT_ENCODED,
    FAULT_ENCODED_CUT,     /* but for its last bytes */
    FAULT_ENCODED_DAMAGED, /* with other bytes in the middle */
    FAULT_ENCODED_BOMB,    /* FAULTY_BOMB_SIZE zeros in place of the text */
};

#define FAULTY_TEXT "what is said twice is said twice: once, and once more"
#define FAULTY_BOMB_SIZE ((size_t)20 << 20)

struct fault {
    const char *name;
    const char *reply;
    enum fault_act act;
    int status; /* that the client should see */
    const char *body;
    enum client_error error;
};

extern const struct fault faults[];
extern const size_t n_faults;

/* The number of the one of this name. Aborts: there is none. */
size_t fault_named(const char *name);

/* Serve on a port, which is returned, until stopped; -1: that is not possible.
 * What speaks TLS is told that it should not, in HTTP. */
int faulty_start(void);
void faulty_stop(void);

/* Number of connections that were accepted. */
extern atomic_int faulty_n_connections;

/* While it is set, FAULT_DIE_IDLE does not end the connection yet. */
extern atomic_bool faulty_lets_idle_live;

#endif
