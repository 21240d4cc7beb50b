#include "pprof/pprof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pprof/pprof_index.h"
#include "pprof/pprof_plan.h"
#include "pprof/pprof_symbol.h"
#include "http/response.h"

#define PREFIX "/debug/pprof"
#define TEXT "text/plain; charset=utf-8"

static void answer(struct request *request, struct MHD_Response *response)
{
    if (response)
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    request_answer(request, MHD_HTTP_OK, response);
}

static void redirect_to_index(struct request *request)
{
    struct MHD_Response *response = response_text("Moved Permanently\n");
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, PREFIX "/");
    request_answer(request, MHD_HTTP_MOVED_PERMANENTLY, response);
}

static void answer_cmdline(struct request *request)
{
    char text[65536];
    FILE *file = fopen("/proc/self/cmdline", "rbe");
    size_t n = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    if (n > 0 && text[n - 1] == '\0')
        n--; /* NUL stands between arguments */
    answer(request, response_copy(text, n, TEXT));
}

/* Returns true if the endpoint takes the request's method, as Go does since
 * 1.22. go tool pprof posts addresses to `symbol`. */
static bool is_allowed(struct request *request, const char *name)
{
    const char *method = request->method;
    bool takes_post = strcmp(name, "symbol") == 0;
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
        strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ||
        (takes_post && strcmp(method, MHD_HTTP_METHOD_POST) == 0))
        return true;
    struct MHD_Response *response = response_text("Method Not Allowed\n");
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
                                takes_post ? "GET, HEAD, POST" : "GET, HEAD");
    request_answer(request, MHD_HTTP_METHOD_NOT_ALLOWED, response);
    return false;
}

static void start_profile(struct captures *captures, struct request *request,
                          const struct profile_kind *kind)
{
    struct capture_plan plan;
    struct err err;
    if (pprof_plan(request->connection, kind, captures->n_workers, &plan,
                   &err)) {
        capture_start(captures, request, &plan);
    } else {
        buf_fini(&plan.options);
        capture_refuse(request, MHD_HTTP_BAD_REQUEST, "%s", err.message);
    }
}

/* Nobody waits a second for the page because a worker is stuck. */
#define MAX_INDEX_GATHER_NS 100000000

static void start_index(struct captures *captures, struct request *request)
{
    struct capture_plan plan = {
        .recording = {.kind = &pprof_index, .is_written = true},
        .is_text = true,
        .max_gather_ns = MAX_INDEX_GATHER_NS,
    };
    capture_start(captures, request, &plan);
}

void pprof_start_wall(struct captures *captures, struct request *request)
{
    if (is_allowed(request, profile_kind_wall.endpoint))
        start_profile(captures, request, &profile_kind_wall);
}

void pprof_start(struct captures *captures, struct request *request)
{
    const char *name = request->path + strlen(PREFIX);
    bool is_folder = *name == '\0';
    if (!is_folder)
        name++; /* the slash */
    if (!is_allowed(request, name))
        return;
    if (is_folder) {
        redirect_to_index(request);
        return;
    }
    const struct profile_kind *kind = profile_kind_of_endpoint(name);
    if (kind)
        start_profile(captures, request, kind);
    else if (!*name)
        start_index(captures, request);
    else if (strcmp(name, "cmdline") == 0)
        answer_cmdline(request);
    else if (strcmp(name, "symbol") == 0)
        pprof_symbol_start(captures->loop, request);
    else
        capture_refuse(request, MHD_HTTP_NOT_FOUND, "Unknown profile");
}
