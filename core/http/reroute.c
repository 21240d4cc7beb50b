#include "http/reroute.h"

#include "http/daemon.h"
#include "http/response.h"

/* Restores the query as the client has sent it: libmicrohttpd has replaced each
 * + by a space, and nothing else. */
static void put_query_encoded(struct buf *out, const char *s)
{
    for (; *s; s++)
        buf_putc(out, *s == ' ' ? '+' : *s);
}

struct query {
    struct buf *url;
    char separator;
};

static enum MHD_Result put_query_argument(void *ctx, enum MHD_ValueKind kind,
                                          const char *name, const char *value)
{
    (void)kind;
    struct query *query = ctx;
    buf_putc(query->url, query->separator);
    query->separator = '&';
    put_query_encoded(query->url, name);
    if (value) {
        buf_putc(query->url, '=');
        put_query_encoded(query->url, value);
    }
    return MHD_YES;
}

void reroute_to_new_connection(struct request *request)
{
    struct buf url = BUF_INIT;
    struct query query = {&url, '?'};
    buf_puts(&url, request->path);
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
                              put_query_argument, &query);
    struct MHD_Response *response = response_text("Temporary Redirect\n");
    if (response && buf_cstr(&url)) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, url.data);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    buf_fini(&url);
    request_answer(request, MHD_HTTP_TEMPORARY_REDIRECT, response);
}
