#include "client/tls_session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A virtual user talks to few servers; what it knows of others may go. */
#define SESSIONS_MAX 8

struct tls_session {
    struct tls_session *next;
    SSL_SESSION *session;
    int port;
    char host[];
};

static void free_session(struct tls_session *s)
{
    SSL_SESSION_free(s->session);
    free(s);
}

void tls_sessions_fini(struct tls_sessions *sessions)
{
    while (sessions->first) {
        struct tls_session *s = sessions->first;
        sessions->first = s->next;
        free_session(s);
    }
}

/* Where the link to it is, or the end of the list. */
static struct tls_session **find(struct tls_sessions *sessions,
                                 const char *host, int port)
{
    struct tls_session **link = &sessions->first;
    while (*link &&
           ((*link)->port != port || strcasecmp((*link)->host, host) != 0))
        link = &(*link)->next;
    return link;
}

/* The latest stand first; the oldest goes. */
static void drop_beyond_limit(struct tls_sessions *sessions)
{
    struct tls_session **link = &sessions->first;
    for (int i = 0; i < SESSIONS_MAX && *link; i++)
        link = &(*link)->next;
    if (*link) {
        free_session(*link);
        *link = NULL;
    }
}

bool tls_sessions_keep(struct tls_sessions *sessions, const char *host,
                       int port, SSL_SESSION *session)
{
    struct tls_session **link = find(sessions, host, port);
    struct tls_session *s = *link;
    if (s) {
        SSL_SESSION_free(s->session);
        *link = s->next;
    } else {
        size_t n = strlen(host) + 1;
        s = malloc(sizeof *s + n);
        if (!s)
            return false;
        s->port = port;
        memcpy(s->host, host, n);
    }
    s->session = session;
    s->next = sessions->first;
    sessions->first = s;
    drop_beyond_limit(sessions);
    return true;
}

SSL_SESSION *tls_sessions_find(struct tls_sessions *sessions, const char *host,
                               int port)
{
    struct tls_session *s = *find(sessions, host, port);
    return s && SSL_SESSION_is_resumable(s->session) ? s->session : NULL;
}
