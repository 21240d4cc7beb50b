#include "pprof/pprof_symbol.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "http/client_watch.h"
#include "http/daemon.h"
#include "http/response.h"
#include "sample/platform/own_work.h"
#include "sample/platform/symbolize.h"

struct lookup {
    uv_work_t work;
    struct request *request; /* NULL if it is over */
    struct client_watch *watch;
    atomic_bool is_given_up;
    struct buf addresses, text;
};

static enum MHD_Result take_first_name(void *ctx, enum MHD_ValueKind kind,
                                       const char *name, const char *value)
{
    (void)kind;
    (void)value;
    buf_puts(ctx, name);
    return MHD_NO;
}

/* The addresses are in the body of a POST, or in the query. */
static void take_addresses(struct lookup *lookup)
{
    struct request *request = lookup->request;
    if (strcmp(request->method, MHD_HTTP_METHOD_POST) == 0) {
        lookup->addresses = request->body;
        request->body = BUF_INIT;
    } else {
        MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
                                  take_first_name, &lookup->addresses);
    }
}

/* Addresses are separated by '+', which arrives as a space in a query.
 * [a thread of libuv's pool] */
static void look_up_addresses(uv_work_t *work)
{
    struct lookup *lookup = work->data;
    own_work_enter();
    const char *at = buf_cstr(&lookup->addresses);
    struct symbolizer *symbolizer = symbolizer_new();
    /* Any number above 0 says that addresses can be looked up. */
    buf_puts(&lookup->text, "num_symbols: 1\n");
    while (symbolizer && at && *at && !atomic_load(&lookup->is_given_up)) {
        char *end, name[512];
        unsigned long long address = strtoull(at, &end, 0);
        if (end > at && address &&
            symbolize_name(symbolizer, address, name, sizeof name))
            buf_printf(&lookup->text, "%#llx %s\n", address, name);
        at = end + strcspn(end, "+ ");
        at += strspn(at, "+ ");
    }
    symbolizer_free(symbolizer);
    own_work_leave();
}

static void on_client_left(void *ctx)
{
    struct lookup *lookup = ctx;
    request_drop(lookup->request);
    pprof_symbol_end(lookup->request);
}

void pprof_symbol_end(struct request *request)
{
    struct lookup *lookup = request->data;
    if (!lookup)
        return;
    request->data = NULL;
    lookup->request = NULL;
    atomic_store(&lookup->is_given_up, true);
    client_watch_stop(lookup->watch);
}

static void on_looked_up(uv_work_t *work, int status)
{
    (void)status;
    struct lookup *lookup = work->data;
    struct request *request = lookup->request;
    if (request) {
        pprof_symbol_end(request);
        struct MHD_Response *response =
            response_take(&lookup->text, "text/plain; charset=utf-8");
        if (response)
            MHD_add_response_header(response, "X-Content-Type-Options",
                                    "nosniff");
        request_answer(request, MHD_HTTP_OK, response);
    }
    buf_fini(&lookup->addresses);
    buf_fini(&lookup->text);
    free(lookup);
}

void pprof_symbol_start(uv_loop_t *loop, struct request *request)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup) {
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, NULL);
        return;
    }
    request->data = lookup;
    lookup->request = request;
    lookup->work.data = lookup;
    take_addresses(lookup);
    lookup->watch = client_watch_start(loop, request, on_client_left, lookup);
    uv_queue_work(loop, &lookup->work, look_up_addresses, on_looked_up);
}
