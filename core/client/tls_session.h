/* tls_session.h -- the sessions that a party may resume. tls.c's own. */
#ifndef CLIENT_TLS_SESSION_H
#define CLIENT_TLS_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "client/tls.h"

/* True: it is kept, in place of what was there for host and port. */
bool tls_sessions_keep(struct tls_sessions *sessions, const char *host,
                       int port, SSL_SESSION *session);

/* NULL: none, or it is too old. */
SSL_SESSION *tls_sessions_find(struct tls_sessions *sessions, const char *host,
                               int port);

#endif
