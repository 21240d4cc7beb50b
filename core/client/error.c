#include "client/error.h"

#include <uv.h>

static const struct text {
    enum client_error error;
    const char *text;
} texts[] = {
    {CLIENT_OK, ""},
    {CLIENT_ERROR, "error"},
    {CLIENT_INVALID_URL, "invalid URL"},
    {CLIENT_TIMEOUT, "request timeout"},
    {CLIENT_DNS, "lookup failed"},
    {CLIENT_NO_SUCH_HOST, "lookup: no such host"},
    {CLIENT_TCP, "connection error"},
    {CLIENT_BROKEN_PIPE, "write: broken pipe"},
    {CLIENT_DIAL, "dial: connection failed"},
    {CLIENT_DIAL_TIMEOUT, "dial: i/o timeout"},
    {CLIENT_DIAL_REFUSED, "dial: connection refused"},
    {CLIENT_RESET, "read: connection reset by peer"},
    {CLIENT_TLS, "tls: connection failed"},
    {CLIENT_TLS_HEADER, "tls: the reply does not look like TLS"},
    {CLIENT_X509_AUTHORITY, "x509: unknown authority"},
    {CLIENT_X509_HOST, "x509: certificate doesn't match hostname"},
    {CLIENT_DECODING, "error decompressing response body"},
    {CLIENT_CLOSED, "connection closed before a reply"},
    {CLIENT_INCOMPLETE, "connection closed within the reply"},
    {CLIENT_MALFORMED, "malformed HTTP reply"},
    {CLIENT_HEAD_TOO_LARGE, "the reply's head is too large"},
    {CLIENT_BODY_TOO_LARGE, "the reply's body is too large"},
    {CLIENT_OUT_OF_MEMORY, "out of memory"},
    {CLIENT_BAD_REDIRECT, "redirected to an invalid URL"},
};

const char *client_error_text(enum client_error error)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].error == error)
            return texts[i].text;
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
