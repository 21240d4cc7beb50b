#include "serve/admin.h"

#include <string.h>

#include "serve/metrics.h"
#include "pprof/pprof.h"
#include "pprof/pprof_symbol.h"
#include "http/response.h"

static bool is_below(const char *path, const char *name)
{
    size_t n = strlen(name);
    return strncmp(path, name, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static void answer_metrics(const struct admin *admin, struct request *request)
{
    if (admin->captures.is_stopping) { /* workers and their apps may be gone */
        request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                       response_text("the server is stopping\n"));
        return;
    }
    struct buf text = BUF_INIT;
    admin->handler.write_metrics(admin->handler.ctx, &text);
    request_answer(request, MHD_HTTP_OK,
                   response_take(&text, METRICS_CONTENT_TYPE));
}

static void on_admin_request(void *ctx, struct request *request)
{
    struct admin *admin = ctx;
    if (is_below(request->path, "/debug/pprof"))
        pprof_start(&admin->captures, request);
    else if (strcmp(request->path, "/debug/fgprof") == 0)
        pprof_start_wall(&admin->captures, request);
    else if (strcmp(request->path, "/healthz") == 0)
        request_answer(request, MHD_HTTP_OK, response_text("ok\n"));
    else if (strcmp(request->path, "/metrics") == 0)
        answer_metrics(admin, request);
    else
        request_answer(request, MHD_HTTP_NOT_FOUND,
                       response_text("Not Found\n"));
}

static void on_admin_request_end(void *ctx, struct request *request)
{
    (void)ctx;
    pprof_symbol_end(request);
}

bool admin_open(struct admin *admin, const struct captures *captures,
                const struct admin_handler *handler,
                const struct daemon_limits *limits, struct err *err)
{
    const struct daemon_handler daemon_handler = {
        .start = on_admin_request, .end = on_admin_request_end, .ctx = admin};
    admin->captures = *captures;
    admin->handler = *handler;
    if (!daemon_start(&admin->shared, captures->loop, &daemon_handler, limits,
                      err))
        return false;
    /* A proxy that keeps the connection of its /healthz would send a later
     * request, which is for a worker, to the admin. */
    admin->shared.closes = true;
    if (daemon_start(&admin->own, captures->loop, &daemon_handler, limits, err))
        return true;
    daemon_stop(&admin->shared);
    return false;
}

void admin_take_shared(struct admin *admin, int fd)
{
    daemon_add(&admin->shared, fd);
}

void admin_take_own(struct admin *admin, int fd)
{
    daemon_add(&admin->own, fd);
}

unsigned admin_n_connections(const struct admin *admin)
{
    return daemon_n_connections(&admin->shared) +
           daemon_n_connections(&admin->own);
}

void admin_close(struct admin *admin)
{
    daemon_stop(&admin->shared);
    daemon_stop(&admin->own);
}
