#include "http/head_room.h"

#include <string.h>
#include <sys/socket.h>

/* The status line and the headers that libmicrohttpd adds: Date,
 * Content-Length, Connection. */
#define OWN_BYTES ((size_t)256)
/* The head of a usual reply. */
#define USUAL_BYTES ((size_t)768)
/* Two heads that are shorter than this together always fit. */
#define SHORT_BYTES ((size_t)2 << 10)
/* libmicrohttpd allocates so much for each header, cookie and parameter. */
#define VALUE_BYTES ((size_t)64)

static size_t request_bytes(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection,
                                   MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
        ->header_size;
}

/* Returns how much libmicrohttpd has allocated for the parsed head. The copy
 * of the Cookie header, from which the cookies are parsed, is a part of it. */
static size_t parsed_bytes(struct MHD_Connection *connection)
{
    const char *cookie;
    size_t n_cookie = 0;
    int n = MHD_get_connection_values(
        connection, MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND,
        NULL, NULL);
    if (MHD_lookup_connection_value_n(
            connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE,
            sizeof MHD_HTTP_HEADER_COOKIE - 1, &cookie, &n_cookie) == MHD_NO)
        n_cookie = 0;
    return (size_t)n * VALUE_BYTES + n_cookie;
}

static bool heads_fit(struct MHD_Connection *connection, size_t reply_bytes)
{
    size_t n = request_bytes(connection) + reply_bytes;
    return n < SHORT_BYTES || n + parsed_bytes(connection) <= HEAD_ROOM_BYTES;
}

bool head_room_is_left(struct MHD_Connection *connection)
{
    return heads_fit(connection, USUAL_BYTES);
}

void head_room_refuse(struct MHD_Connection *connection)
{
    static const char text[] =
        "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 41\r\n\r\na head may have 15 KiB, or somewhat less\n";
    int fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    ssize_t done = send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)done;
}

static enum MHD_Result add_header_size(void *ctx, enum MHD_ValueKind kind,
                                       const char *name, const char *value)
{
    (void)kind;
    size_t *n_bytes = ctx;
    *n_bytes += strlen(name) + strlen(": \r\n") + strlen(value);
    return MHD_YES;
}

bool head_room_has(struct MHD_Connection *connection,
                   struct MHD_Response *response, size_t *n_bytes)
{
    *n_bytes = 0;
    MHD_get_response_headers(response, add_header_size, n_bytes);
    size_t n = OWN_BYTES + *n_bytes;
    return n <= USUAL_BYTES || heads_fit(connection, n);
}
