/* error.h -- the reasons why a request got no usable reply.
 *
 * The numbers are those of k6's error_code where k6 has one; 1230 to 1233 and
 * 1800 to 1804 are ours, for what k6 reports as 1000 (any other error).
 */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

enum client_error {
    CLIENT_OK = 0,
    CLIENT_ERROR = 1000,
    CLIENT_INVALID_URL = 1020,
    CLIENT_TIMEOUT = 1050, /* no complete reply within the timeout */
    CLIENT_DNS = 1100,
    CLIENT_NO_SUCH_HOST = 1101,
    CLIENT_TCP = 1200,
    CLIENT_BROKEN_PIPE = 1201, /* closed while the request was sent */
    CLIENT_DIAL = 1210,
    CLIENT_DIAL_TIMEOUT = 1211,
    CLIENT_DIAL_REFUSED = 1212,
    CLIENT_RESET = 1220,
    CLIENT_TLS = 1300,        /* any failure of TLS but those below */
    CLIENT_TLS_HEADER = 1301, /* the server does not speak TLS */
    CLIENT_X509_AUTHORITY = 1310,
    CLIENT_X509_HOST = 1311,
    CLIENT_DECODING = 1701,   /* the body does not match its encoding */
    CLIENT_CLOSED = 1230,     /* closed before the first byte of a reply */
    CLIENT_INCOMPLETE = 1231, /* closed within a reply */
    CLIENT_MALFORMED = 1800,  /* not HTTP/1 */
    CLIENT_HEAD_TOO_LARGE = 1801,
    CLIENT_BODY_TOO_LARGE = 1802,
    CLIENT_OUT_OF_MEMORY = 1803,
    CLIENT_BAD_REDIRECT = 1804, /* not to an http or https URL */
};

/* Returns the error in words, a static text; "" for CLIENT_OK. */
const char *client_error_text(enum client_error error);

/* Return the error for a libuv status below 0: of a connect, of a read or
 * write, of a name lookup. */
enum client_error client_error_of_dial(int uv_status);
enum client_error client_error_of_stream(int uv_status);
enum client_error client_error_of_dns(int uv_status);

#endif
