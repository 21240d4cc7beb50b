#include "pprof/pprof_plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "http/url.h"

enum { DEFAULT_SECONDS = 30, MAX_TRACE_SECONDS = 3600 };

static const int64_t SECOND_NS = 1000000000;

/* The query, and the plan that is made of it. */
struct planning {
    struct MHD_Connection *connection;
    const struct pprof_kind *kind;
    int n_workers;
    struct capture_plan *plan;
    struct err *err;
};

/* Decode a value, cut to fit. */
static const char *decode(const char *value, char *out, size_t size)
{
    size_t len = value ? strnlen(value, size - 1) : 0;
    out[len ? url_decode(out, value, len) : 0] = '\0';
    return out;
}

/* The value of a query parameter, decoded and cut to fit; "" without one. */
static const char *query(const struct planning *p, const char *name, char *out,
                         size_t size)
{
    return decode(
        MHD_lookup_connection_value(p->connection, MHD_GET_ARGUMENT_KIND, name),
        out, size);
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

/* What is no number is 0, as Go has it. */
static long number(const struct planning *p, const char *name)
{
    char text[32];
    long value;
    query(p, name, text, sizeof text);
    return parse_integer(text, INT32_MIN, INT32_MAX, &value) ? value : 0;
}

static bool plan_slower_than(struct planning *p)
{
    char text[32];
    int64_t ns;
    query(p, "slower_than", text, sizeof text);
    if (!*text)
        return true;
    if (p->kind->source != PPROF_CPU && p->kind->source != PPROF_WALL)
        return err_set(p->err, "\"slower_than\" is for profile and wall");
    if (!duration_parse(text, &ns) || ns <= 0)
        return err_set(p->err, "invalid value for \"slower_than\" - must be "
                               "a duration above 0 such as 50ms or 1.5s");
    p->plan->recording.slower_than_ns = ns;
    return true;
}

static bool plan_timed(struct planning *p)
{
    char text[32];
    long seconds, rate_hz = 0;
    if (!parse_integer(query(p, "seconds", text, sizeof text), 1, INT32_MAX,
                       &seconds))
        seconds = DEFAULT_SECONDS; /* as Go does */
    query(p, "rate", text, sizeof text);
    if (*text && !parse_integer(text, 1, 10000, &rate_hz))
        return err_set(p->err, "invalid value for \"rate\" - must be an "
                               "integer from 1 to 10000");
    p->plan->recording.wait_ns = seconds * SECOND_NS;
    p->plan->recording.rate_hz = (int)rate_hz;
    return true;
}

/* It has no samples: what is for those is not for it. */
static bool plan_trace(struct planning *p)
{
    static const char *const others[] = {"format", "label", "worker", "rate",
                                         "sample_index"};
    char text[32], *end;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (*query(p, others[i], text, sizeof text))
            return err_set(p->err, "\"%s\" is not for trace", others[i]);
    double seconds = strtod(query(p, "seconds", text, sizeof text), &end);
    if (end == text || *end || !(seconds > 0 && seconds <= MAX_TRACE_SECONDS))
        seconds = 1; /* as Go does */
    p->plan->recording.wait_ns = (int64_t)(seconds * (double)SECOND_NS);
    p->plan->recording.result = RECORDING_TRACE;
    return true;
}

static bool plan_cumulative(struct planning *p)
{
    char text[32];
    long seconds;
    query(p, "seconds", text, sizeof text);
    if (!*text)
        return true;
    if (!parse_integer(text, 1, INT32_MAX, &seconds))
        return err_set(p->err, "invalid value for \"seconds\" - must be a "
                               "positive integer");
    if (number(p, "debug") != 0)
        return err_set(p->err, "seconds and debug params are incompatible");
    p->plan->recording.wait_ns = seconds * SECOND_NS;
    p->plan->recording.is_delta = true;
    return true;
}

/* How fine locks are to be recorded meanwhile. */
static bool plan_contention(struct planning *p, const char *name, int64_t *wish)
{
    char text[32];
    long value;
    query(p, name, text, sizeof text);
    if (!*text)
        return true;
    if (!p->plan->recording.is_delta)
        return err_set(p->err,
                       "\"%s\" needs \"seconds\" - what is recorded all the "
                       "time is a matter of the server's flags",
                       name);
    if (!parse_integer(text, 1, INT32_MAX, &value))
        return err_set(p->err,
                       "invalid value for \"%s\" - must be a positive integer",
                       name);
    *wish = value;
    return true;
}

static bool plan_recording(struct planning *p)
{
    if (p->kind->source == PPROF_TRACE)
        return plan_trace(p);
    if (pprof_kind_is_timed(p->kind))
        return plan_timed(p);
    if (!plan_cumulative(p))
        return false;
    p->plan->collects = strcmp(p->kind->name, "heap") == 0 &&
                        !p->plan->recording.is_delta && number(p, "gc") > 0;
    if (strcmp(p->kind->name, "block") == 0)
        return plan_contention(p, "rate", &p->plan->recording.block_rate_ns);
    if (strcmp(p->kind->name, "mutex") == 0)
        return plan_contention(p, "fraction",
                               &p->plan->recording.mutex_fraction);
    return true;
}

static bool add_label(struct planning *p, const char *key_value)
{
    struct err err;
    if (label_filter_add(&p->plan->recording.labels, key_value, &err))
        return true;
    return err_set(p->err, "invalid value for \"label\" - %s", err.message);
}

/* `label`, of which there may be several. */
static enum MHD_Result filter_by(void *ctx, enum MHD_ValueKind kind,
                                 const char *name, const char *encoded)
{
    (void)kind;
    struct planning *p = ctx;
    char text[sizeof p->plan->recording.labels.text];
    if (strcmp(name, "label") != 0)
        return MHD_YES;
    if (!encoded || strlen(encoded) < sizeof text)
        return add_label(p, decode(encoded, text, sizeof text)) ? MHD_YES
                                                                : MHD_NO;
    err_set(p->err, "invalid value for \"label\" - longer than %zu bytes",
            sizeof text - 1);
    return MHD_NO;
}

static bool plan_filter(struct planning *p)
{
    char worker[32], label[64];
    long number;
    p->err->message[0] = '\0';
    MHD_get_connection_values(p->connection, MHD_GET_ARGUMENT_KIND, filter_by,
                              p);
    if (p->err->message[0])
        return false;
    query(p, "worker", worker, sizeof worker);
    if (!*worker)
        return true;
    if (!parse_integer(worker, 1, p->n_workers, &number))
        return err_set(p->err,
                       "invalid value for \"worker\" - must be a worker's "
                       "number, 1 to %d",
                       p->n_workers);
    snprintf(label, sizeof label, "worker:%ld", number);
    return add_label(p, label);
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

/* An option of exporters that show one of the values. Refused here where there
 * is no such one: before the wait. */
static bool plan_sample_index(struct planning *p)
{
    char text[64], names[128] = "";
    long position, n_types = 0;
    query(p, "sample_index", text, sizeof text);
    for (; n_types < 4 && p->kind->sample_types[n_types].type; n_types++) {
        const char *name = p->kind->sample_types[n_types].type;
        if (strcmp(text, name) == 0)
            return true;
        size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", name);
    }
    if (!*text || parse_integer(text, 0, n_types - 1, &position))
        return true;
    return err_set(p->err, "unknown sample_index '%s': there are %s", text,
                   names);
}

/* goroutine?debug=2 */
static bool plan_dump(struct planning *p)
{
    if (p->kind->source != PPROF_GOROUTINES || !p->plan->is_text ||
        number(p, "debug") < 2)
        return true;
    p->plan->recording.result = RECORDING_DUMP;
    if (p->plan->recording.labels.n_bytes > 0)
        return err_set(p->err, "\"label\" and \"worker\" are not for debug=2");
    return true;
}

static void plan_format(struct planning *p)
{
    struct capture_plan *plan = p->plan;
    query(p, "format", plan->format, sizeof plan->format);
    plan->is_text = !pprof_kind_is_timed(p->kind) && !*plan->format &&
                    number(p, "debug") != 0;
    if (!*plan->format)
        strcpy(plan->format, plan->is_text ? "text" : "pprof");
    snprintf(plan->options, sizeof plan->options, "kind=%s", p->kind->name);
    MHD_get_connection_values(p->connection, MHD_GET_ARGUMENT_KIND, add_option,
                              plan);
}

bool pprof_plan(struct MHD_Connection *connection,
                const struct pprof_kind *kind, int n_workers,
                struct capture_plan *plan, struct err *err)
{
    struct planning planning = {connection, kind, n_workers, plan, err};
    *plan = (struct capture_plan){.recording.kind = kind};
    if (!plan_recording(&planning) || !plan_slower_than(&planning) ||
        !plan_filter(&planning) || !plan_sample_index(&planning))
        return false;
    plan_format(&planning);
    return plan_dump(&planning);
}
