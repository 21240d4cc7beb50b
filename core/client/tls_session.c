#include "client/tls_session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A virtual user talks to few servers; the oldest session is dropped. */
#define SESSIONS_MAX 8

struct tls_session {
    struct list_link in_sessions;
    SSL_SESSION *session;
    int port;
    char host[];
};

static void drop_session(struct tls_sessions *sessions, struct tls_session *s)
{
    list_remove(&s->in_sessions);
    sessions->n--;
    SSL_SESSION_free(s->session);
    free(s);
}

void tls_sessions_fini(struct tls_sessions *sessions)
{
    list_each (struct tls_session, s, &sessions->list, in_sessions)
        drop_session(sessions, s);
}

/* Returns NULL if none is kept for host and port. */
static struct tls_session *find_session(const struct tls_sessions *sessions,
                                        const char *host, int port)
{
    list_each (struct tls_session, s, &sessions->list, in_sessions)
        if (s->port == port && strcasecmp(s->host, host) == 0)
            return s;
    return NULL;
}

bool tls_sessions_keep(struct tls_sessions *sessions, const char *host,
                       int port, SSL_SESSION *session)
{
    size_t n = strlen(host) + 1;
    struct tls_session *s = malloc(sizeof *s + n);
    struct tls_session *old = find_session(sessions, host, port);
    if (!s)
        return false;
    s->port = port;
    s->session = session;
    memcpy(s->host, host, n);
    if (!old && sessions->n == SESSIONS_MAX)
        old = container_of(list_last(&sessions->list), struct tls_session,
                           in_sessions);
    if (old)
        drop_session(sessions, old);
    list_prepend(&sessions->list, &s->in_sessions);
    sessions->n++;
    return true;
}

SSL_SESSION *tls_sessions_find(struct tls_sessions *sessions, const char *host,
                               int port)
{
    const struct tls_session *s = find_session(sessions, host, port);
    return s && SSL_SESSION_is_resumable(s->session) ? s->session : NULL;
}
