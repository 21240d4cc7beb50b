#include "client/error.h"

#include <uv.h>

const char *client_error_text(enum client_error error)
{
    switch (error) {
    case CLIENT_OK:
        return "";
    case CLIENT_ERROR:
        return "error";
    case CLIENT_INVALID_URL:
        return "invalid URL";
    case CLIENT_TIMEOUT:
        return "request timeout";
    case CLIENT_DNS:
        return "lookup failed";
    case CLIENT_NO_SUCH_HOST:
        return "lookup: no such host";
    case CLIENT_TCP:
        return "connection error";
    case CLIENT_BROKEN_PIPE:
        return "write: broken pipe";
    case CLIENT_DIAL:
        return "dial: connection failed";
    case CLIENT_DIAL_TIMEOUT:
        return "dial: i/o timeout";
    case CLIENT_DIAL_REFUSED:
        return "dial: connection refused";
    case CLIENT_RESET:
        return "read: connection reset by peer";
    case CLIENT_CLOSED:
        return "connection closed before a reply";
    case CLIENT_INCOMPLETE:
        return "connection closed within the reply";
    case CLIENT_MALFORMED:
        return "malformed HTTP reply";
    case CLIENT_HEAD_TOO_LARGE:
        return "the reply's head is too large";
    case CLIENT_BODY_TOO_LARGE:
        return "the reply's body is too large";
    case CLIENT_OUT_OF_MEMORY:
        return "out of memory";
    }
    return "error";
}

enum client_error client_error_of_dial(int uv_status)
{
    switch (uv_status) {
    case UV_ECONNREFUSED:
        return CLIENT_DIAL_REFUSED;
    case UV_ETIMEDOUT:
        return CLIENT_DIAL_TIMEOUT;
    case UV_ENOMEM:
        return CLIENT_OUT_OF_MEMORY;
    default:
        return CLIENT_DIAL;
    }
}

enum client_error client_error_of_stream(int uv_status)
{
    switch (uv_status) {
    case UV_ECONNRESET:
        return CLIENT_RESET;
    case UV_EPIPE:
        return CLIENT_BROKEN_PIPE;
    case UV_ENOMEM:
    case UV_ENOBUFS:
        return CLIENT_OUT_OF_MEMORY;
    default:
        return CLIENT_TCP;
    }
}

enum client_error client_error_of_dns(int uv_status)
{
    switch (uv_status) {
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
        return CLIENT_NO_SUCH_HOST;
    default:
        return CLIENT_DNS;
    }
}
