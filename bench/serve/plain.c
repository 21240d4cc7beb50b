/* plain.c -- the handlers of bench/serve.sh in C, on libmicrohttpd's own
 * epoll thread: what the library costs without a script.
 *
 *   bench_serve_plain PORT
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_BYTES (100 * 1024)
static char body[BODY_BYTES];

/* As the inside of a JSON string: at most 6 bytes for each of `text`. */
static char *put_escaped(char *at, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            at += sprintf(at, "\\%c", c);
        else if (c < 0x20)
            at += sprintf(at, "\\u%04x", c);
        else
            *at++ = (char)c;
    }
    return at;
}

static struct MHD_Response *json_response(struct MHD_Connection *connection)
{
    const char *name =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "name");
    if (!name)
        name = "";
    char *text = malloc(2 * 6 * strlen(name) + 128);
    if (!text)
        return NULL;
    char *at = text + sprintf(text, "{\"id\":%d,\"name\":\"", 4711);
    at = put_escaped(at, name);
    at += sprintf(at, "\",\"greeting\":\"Hello, ");
    at = put_escaped(at, name);
    at +=
        sprintf(at, "\",\"price\":%.17g,\"tags\":[\"fast\",\"small\"]}", 12.75);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        (size_t)(at - text), text, MHD_RESPMEM_MUST_FREE);
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                "application/json");
    return response;
}

static struct MHD_Response *body_response(void)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof body, body, MHD_RESPMEM_PERSISTENT);
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                "text/plain; charset=utf-8");
    return response;
}

static enum MHD_Result on_call(void *ctx, struct MHD_Connection *connection,
                               const char *url, const char *method,
                               const char *version, const char *upload,
                               size_t *upload_size, void **data)
{
    static char seen;
    (void)ctx, (void)method, (void)version, (void)upload;
    if (!*data) { /* an answer to the first call closes the connection */
        *data = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        strcmp(url, "/json") == 0 ? json_response(connection) : body_response();
    if (!response)
        return MHD_NO;
    enum MHD_Result result =
        MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(argc == 2 ? atoi(argv[1]) : 0)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = "0123456789abcdef"[i % 16];
    signal(SIGPIPE, SIG_IGN);
    sigset_t end;
    int signal_number;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* in the daemon's thread too */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_call, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)16 << 10, MHD_OPTION_END);
    if (!daemon)
        return 1;
    sigwait(&end, &signal_number);
    MHD_stop_daemon(daemon);
    return 0;
}
