/* tls_session.h -- keeps the TLS sessions that a client may resume. Only tls.c
 * uses it. */
#ifndef CLIENT_TLS_SESSION_H
#define CLIENT_TLS_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "client/tls.h"

/* Keeps the session in place of an older one for host and port. Returns false
 * if out of memory. */
bool tls_sessions_keep(struct tls_sessions *sessions, const char *host,
                       int port, SSL_SESSION *session);

/* Returns the session for host and port, NULL if there is none or it has
 * expired. */
SSL_SESSION *tls_sessions_find(struct tls_sessions *sessions, const char *host,
                               int port);

#endif
