#include "http/pprof.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/pprof_symbol.h"
#include "http/response.h"
#include "http/url.h"

#define PREFIX "/debug/pprof"
#define TEXT "text/plain; charset=utf-8"
#define DEFAULT_SECONDS 30

/* The value of a query parameter, decoded and cut to fit; "" without one. */
static const char *query(const struct request *request, const char *name,
                         char *out, size_t size)
{
    const char *value = MHD_lookup_connection_value(
        request->connection, MHD_GET_ARGUMENT_KIND, name);
    size_t len = value ? strnlen(value, size - 1) : 0;
    out[len ? url_decode(out, value, len) : 0] = '\0';
    return out;
}

/* A whole decimal number within [least, most], with nothing round it. */
static bool parse_integer(const char *text, long least, long most, long *value)
{
    char *end;
    if (isspace((unsigned char)*text))
        return false;
    errno = 0;
    *value = strtol(text, &end, 10);
    return !errno && end != text && !*end && *value >= least && *value <= most;
}

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

/* Is it of the time that the request waits? */
static bool is_timed(const struct pprof_kind *kind)
{
    return kind->source == PPROF_CPU || kind->source == PPROF_WALL;
}

/* Every word in it is the program's own: nothing to escape. */
static void answer_index(struct request *request)
{
    struct buf html = BUF_INIT;
    buf_puts(&html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                    "<meta charset=\"utf-8\">\n<title>" PREFIX "/</title>\n"
                    "<style>\n"
                    "body { font-family: sans-serif; margin: 2em; }\n"
                    "td { padding: 0.2em 1em 0.2em 0; }\n"
                    "</style>\n</head>\n<body>\n<h1>" PREFIX "/</h1>\n"
                    "<p>Profiles of this process, for <code>go tool pprof "
                    "URL</code>. Add <code>?format=folded</code> for another "
                    "format.</p>\n<table>\n");
    for (size_t i = 0; i < pprof_n_kinds; i++) {
        const struct pprof_kind *kind = &pprof_kinds[i];
        buf_printf(&html,
                   "<tr><td><a href=\"%s%s\">%s</a></td><td>%s</td></tr>\n",
                   kind->name, is_timed(kind) ? "" : "?debug=1", kind->name,
                   kind->description);
    }
    buf_puts(&html,
             "<tr><td><a href=\"cmdline\">cmdline</a></td>"
             "<td>The command line of the process.</td></tr>\n"
             "</table>\n<p><a href=\"goroutine?debug=2\">All coroutines, in "
             "full</a></p>\n</body>\n</html>\n");
    answer(request, response_take(&html, "text/html; charset=utf-8"));
}

static void answer_cmdline(struct request *request)
{
    char text[65536];
    FILE *file = fopen("/proc/self/cmdline", "rb");
    size_t n = file ? fread(text, 1, sizeof text, file) : 0;
    if (file)
        fclose(file);
    if (n > 0 && text[n - 1] == '\0')
        n--; /* NUL stands between arguments */
    answer(request, response_copy(text, n, TEXT));
}

/* Append one query parameter to the exporter's options, decoded. One that does
 * not fit, or that holds what separates them, is left out. */
static enum MHD_Result add_option(void *ctx, enum MHD_ValueKind kind,
                                  const char *name, const char *encoded)
{
    (void)kind;
    struct capture_plan *plan = ctx;
    char value[sizeof plan->options];
    size_t n = strlen(plan->options);
    size_t encoded_len = encoded ? strlen(encoded) : 0;
    if (n + strlen(name) + encoded_len + 3 > sizeof plan->options)
        return MHD_YES;
    value[url_decode(value, encoded, encoded_len)] = '\0';
    if (!strpbrk(name, "&=") && !strchr(value, '&'))
        snprintf(plan->options + n, sizeof plan->options - n, "%s%s=%s",
                 n ? "&" : "", name, value);
    return MHD_YES;
}

/* False: it is answered with what is wrong. */
static bool plan_timed(struct request *request, struct capture_plan *plan)
{
    char text[32];
    long seconds = DEFAULT_SECONDS, rate_hz = 0;
    if (!parse_integer(query(request, "seconds", text, sizeof text), 1,
                       INT32_MAX, &seconds))
        seconds = DEFAULT_SECONDS;
    query(request, "rate", text, sizeof text);
    if (*text && !parse_integer(text, 1, 10000, &rate_hz)) {
        capture_refuse(request, MHD_HTTP_BAD_REQUEST,
                       "invalid value for \"rate\" - must be an integer from "
                       "1 to 10000");
        return false;
    }
    plan->seconds = (uint32_t)seconds;
    plan->rate_hz = (int)rate_hz;
    return true;
}

/* How fine locks are to be recorded meanwhile. False: it is answered with what
 * is wrong. */
static bool plan_contention(struct request *request, const char *name,
                            int64_t *wish)
{
    char text[32], seconds[32];
    long value;
    query(request, name, text, sizeof text);
    if (!*text)
        return true;
    if (!*query(request, "seconds", seconds, sizeof seconds)) {
        capture_refuse(request, MHD_HTTP_BAD_REQUEST,
                       "\"%s\" needs \"seconds\" - what is recorded all the "
                       "time is a matter of the server's flags",
                       name);
        return false;
    }
    if (!parse_integer(text, 1, INT32_MAX, &value)) {
        capture_refuse(request, MHD_HTTP_BAD_REQUEST,
                       "invalid value for \"%s\" - must be a positive integer",
                       name);
        return false;
    }
    *wish = value;
    return true;
}

static bool plan_cumulative(struct request *request, struct capture_plan *plan)
{
    char text[32], debug[32];
    long seconds;
    query(request, "seconds", text, sizeof text);
    if (!*text)
        return true;
    if (!parse_integer(text, 1, INT32_MAX, &seconds)) {
        capture_refuse(request, MHD_HTTP_BAD_REQUEST,
                       "invalid value for \"seconds\" - must be a positive "
                       "integer");
        return false;
    }
    if (atoi(query(request, "debug", debug, sizeof debug)) != 0) {
        capture_refuse(request, MHD_HTTP_BAD_REQUEST,
                       "seconds and debug params are incompatible");
        return false;
    }
    plan->seconds = (uint32_t)seconds;
    plan->is_delta = true;
    return true;
}

static void start_profile(struct captures *captures, struct request *request,
                          const struct pprof_kind *kind)
{
    struct capture_plan plan = {.kind = kind};
    char debug[32], gc[32];
    bool is_session = is_timed(kind);
    bool ok = is_session ? plan_timed(request, &plan)
                         : plan_cumulative(request, &plan);
    if (strcmp(kind->name, "block") == 0)
        ok = ok && plan_contention(request, "rate", &plan.block_rate_ns);
    if (strcmp(kind->name, "mutex") == 0)
        ok = ok && plan_contention(request, "fraction", &plan.mutex_fraction);
    if (!ok)
        return;
    plan.collects = strcmp(kind->name, "heap") == 0 && !plan.is_delta &&
                    atoi(query(request, "gc", gc, sizeof gc)) > 0;
    query(request, "format", plan.format, sizeof plan.format);
    plan.is_text = !is_session && !*plan.format &&
                   atoi(query(request, "debug", debug, sizeof debug)) != 0;
    if (!*plan.format)
        strcpy(plan.format, plan.is_text ? "text" : "pprof");
    snprintf(plan.options, sizeof plan.options, "kind=%s", kind->name);
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND,
                              add_option, &plan);
    capture_start(captures, request, &plan);
}

void pprof_start_wall(struct captures *captures, struct request *request)
{
    start_profile(captures, request, pprof_kind_find("wall"));
}

void pprof_start(struct captures *captures, struct request *request)
{
    const char *name = request->path + strlen(PREFIX);
    if (!*name) {
        redirect_to_index(request);
        return;
    }
    name++; /* the slash */
    const struct pprof_kind *kind = pprof_kind_find(name);
    if (kind)
        start_profile(captures, request, kind);
    else if (!*name)
        answer_index(request);
    else if (strcmp(name, "cmdline") == 0)
        answer_cmdline(request);
    else if (strcmp(name, "symbol") == 0)
        pprof_symbol_start(captures->loop, request);
    else
        capture_refuse(request, MHD_HTTP_NOT_FOUND, "Unknown profile");
}
