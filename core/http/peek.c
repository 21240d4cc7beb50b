#include "http/peek.h"

#include <string.h>

#include "http/url.h"

/* Returns true if the path is `name`, or if `name` ends with a slash and the
 * path begins with `name`. */
static bool is_at_or_below(const char *path, size_t len, const char *name)
{
    size_t n = strlen(name);
    if (len < n || memcmp(path, name, n) != 0)
        return false;
    return len == n || name[n - 1] == '/';
}

bool peek_is_admin_path(const char *path, size_t len)
{
    return is_at_or_below(path, len, "/debug/") ||
           is_at_or_below(path, len, "/debug") ||
           is_at_or_below(path, len, "/healthz") ||
           is_at_or_below(path, len, "/metrics");
}

/* A handshake record begins with its type and the version, 3.x. */
static bool is_tls(const char *bytes, size_t n)
{
    return n >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03;
}

enum peek_result peek_route(const char *bytes, size_t n)
{
    const char *at = bytes, *end = bytes + n;
    if (is_tls(bytes, n))
        return PEEK_TLS;
    while (at < end && (*at == '\r' || *at == '\n'))
        at++; /* some clients send an empty line after a body */
    while (at < end && *at != ' ' && *at != '\r' && *at != '\n')
        at++; /* the method */
    if (at < end && *at == ' ')
        at++;
    const char *target = at;
    while (at < end && !strchr(" ?#\r\n", *at))
        at++;
    const char *path = url_path(target, (size_t)(at - target));
    if (at < end)
        return peek_is_admin_path(path, (size_t)(at - path)) ? PEEK_ADMIN
                                                             : PEEK_WORKER;
    return n < PEEK_BYTES ? PEEK_MORE : PEEK_WORKER;
}
