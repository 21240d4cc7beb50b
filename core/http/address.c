#include "http/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel caps it at net.core.somaxconn */

struct parts {
    char host[256]; /* empty: all addresses of the machine */
    char port[8];
};

static bool split_host_port(const char *address, struct parts *parts)
{
    const char *colon = strrchr(address, ':');
    if (!colon)
        return false;
    const char *host = address;
    size_t len = (size_t)(colon - address);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (memchr(host, ':', len)) {
        return false; /* IPv6 without brackets */
    }
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end || colon[1] == '-' || colon[1] == '+' ||
        port < 0 || port > 65535 || len >= sizeof parts->host)
        return false;
    memcpy(parts->host, host, len);
    parts->host[len] = '\0';
    snprintf(parts->port, sizeof parts->port, "%ld", port);
    return true;
}

static bool parse_address(const char *address, struct parts *parts,
                          struct err *err)
{
    return split_host_port(address, parts) ||
           err_set(err,
                   "'%s' is not HOST:PORT, such as 127.0.0.1:8080 or "
                   "[::1]:8080",
                   address);
}

bool address_check(const char *address, struct err *err)
{
    struct parts parts;
    return parse_address(address, &parts, err);
}

static int listen_on(const struct addrinfo *info)
{
    int fd =
        socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

int address_listen(const char *address, struct err *err)
{
    struct parts parts;
    if (!parse_address(address, &parts, err))
        return -1;
    struct addrinfo *list;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int status =
        getaddrinfo(*parts.host ? parts.host : NULL, parts.port, &hints, &list);
    if (status) {
        err_set(err, "cannot listen on %s: %s", address, gai_strerror(status));
        return -1;
    }
    int fd = -1;
    for (struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = listen_on(info);
    if (fd < 0)
        err_set(err, "cannot listen on %s: %s", address, strerror(errno));
    freeaddrinfo(list);
    return fd;
}

const char *address_of(int fd, char *out, size_t size)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    char host[64] = "?", port[8] = "?";
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0)
        getnameinfo((struct sockaddr *)&name, len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    const char *format = strchr(host, ':') ? "[%s]:%s" : "%s:%s";
    snprintf(out, size, format, host, port);
    return out;
}
