/* faulty_tls.h -- an HTTPS server that has been given all sorts of certificates
 * and faults, for spec/c/tls.c. Each fault has a port of 127.0.0.1; a thread
 * per connection. SSL_CERT_FILE in the environment names the authority that is
 * to be trusted.
 */
#ifndef SPEC_FAULTY_TLS_H
#define SPEC_FAULTY_TLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/error.h"

/* Who has signed the certificate. */
enum trust { TRUSTED, UNKNOWN };

enum tls_act {
    REPLY,
    REPLY_BYTEWISE,
    REPLY_AND_CUT,  /* no length; FIN without close_notify */
    REPLY_AND_END,  /* no length; close_notify */
    NO_TLS,         /* plain HTTP */
    GARBAGE,        /* random bytes */
    CLOSE,          /* at the client's first bytes */
    RESET,          /* at the client's first bytes */
    STALL,          /* at the client's first bytes */
    OLD_TLS,        /* TLS 1.1 at most */
    RESET_IN_REPLY, /* after half of it */
};

struct tls_fault {
    const char *name;
    const char *host;  /* in the URL */
    const char *names; /* in the certificate */
    enum trust trust;
    long from, to; /* when it is good, from now, in seconds */
    enum tls_act act;
    enum client_error error; /* expected */
    int port;
    atomic_int n_connections, n_resumed;
};

#define FAULTY_TLS_BODY 100000 /* more than a record, more than a read */

extern struct tls_fault tls_faults[];
extern const size_t n_tls_faults;

/* False: that is not possible. */
bool faulty_tls_start(void);

/* When all clients have gone. False: some have not. */
bool faulty_tls_stop(void);

#endif
