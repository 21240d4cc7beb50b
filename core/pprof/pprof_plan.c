#include "pprof/pprof_plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/percent.h"
#include "profile/profile.h"
#include "record/gathering.h"

static const int64_t SECOND_NS = 1000000000;

/* The query, and the plan that is made of it. */
struct planning {
    struct MHD_Connection *connection;
    const struct profile_kind *kind;
    int n_workers;
    struct capture_plan *plan;
    struct err *err;
};

/* Decodes a value, cut to fit. Returns `out`. */
static const char *decode_value(const char *value, char *out, size_t size)
{
    size_t len = value ? strnlen(value, size - 1) : 0;
    out[len ? percent_decode(out, value, len) : 0] = '\0';
    return out;
}

/* Decodes the value of a query parameter, cut to fit; "" if there is none.
 * Returns `out`. */
static const char *query_value(const struct planning *p, const char *name,
                               char *out, size_t size)
{
    return decode_value(
        MHD_lookup_connection_value(p->connection, MHD_GET_ARGUMENT_KIND, name),
        out, size);
}

/* Returns true if the text is a whole decimal number within [least, most] and
 * nothing else. */
static bool parse_integer(const char *text, long least, long most, long *value)
{
    char *end;
    if (isspace((unsigned char)*text))
        return false;
    errno = 0;
    *value = strtol(text, &end, 10);
    return !errno && end != text && !*end && *value >= least && *value <= most;
}

/* Returns 0 for a value that is not a number, as Go does. */
static long number_or_zero(const struct planning *p, const char *name)
{
    char text[32];
    long value;
    query_value(p, name, text, sizeof text);
    return parse_integer(text, INT32_MIN, INT32_MAX, &value) ? value : 0;
}

/* "profile and wall": the endpoints of the kinds that take a parameter. */
static void name_takers(enum profile_kind_parameter parameter, char *out,
                        size_t size)
{
    size_t n = 0;
    for (unsigned id = 0; id < PROFILE_N_KINDS && n < size; id++)
        if (profile_kinds[id]->parameters & parameter)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " and " : "",
                                  profile_kinds[id]->endpoint);
}

static bool takes(const struct planning *p,
                  enum profile_kind_parameter parameter)
{
    return p->kind->parameters & parameter;
}

static bool plan_slower_than(struct planning *p)
{
    char text[32], takers[64];
    int64_t ns;
    query_value(p, "slower_than", text, sizeof text);
    if (!*text)
        return true;
    name_takers(PROFILE_TAKES_SLOWER_THAN, takers, sizeof takers);
    if (!takes(p, PROFILE_TAKES_SLOWER_THAN))
        return err_set(p->err, "\"slower_than\" is for %s", takers);
    if (!duration_parse(text, &ns) || ns <= 0)
        return err_set(p->err, "invalid value for \"slower_than\" - must be "
                               "a duration above 0 such as 50ms or 1.5s");
    p->plan->recording.slower_than_ns = ns;
    return true;
}

static bool plan_rate_hz(struct planning *p)
{
    char text[32];
    long rate_hz;
    query_value(p, "rate", text, sizeof text);
    if (!*text || !takes(p, PROFILE_TAKES_RATE_HZ))
        return true;
    if (!parse_integer(text, 1, 10000, &rate_hz))
        return err_set(p->err, "invalid value for \"rate\" - must be an "
                               "integer from 1 to 10000");
    p->plan->recording.rate_hz = (int)rate_hz;
    return true;
}

/* The default stands for a value that is not valid, as in Go. */
static double timed_seconds(const struct planning *p)
{
    char text[32], *end;
    long whole;
    query_value(p, "seconds", text, sizeof text);
    if (p->kind->max_seconds == 0)
        return parse_integer(text, 1, INT32_MAX, &whole)
                   ? (double)whole
                   : p->kind->default_seconds;
    double seconds = strtod(text, &end);
    return end != text && !*end && seconds > 0 &&
                   seconds <= p->kind->max_seconds
               ? seconds
               : p->kind->default_seconds;
}

static bool plan_timed(struct planning *p)
{
    if (!plan_rate_hz(p))
        return false;
    p->plan->recording.wait_ns = (int64_t)(timed_seconds(p) * 1e9);
    return true;
}

/* A result that is not a profile has no samples and no exporter. */
static bool refuse_parameters_of_samples(struct planning *p)
{
    static const char *const names[] = {"format", "label", "worker", "rate",
                                        "sample_index"};
    char text[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*query_value(p, names[i], text, sizeof text))
            return err_set(p->err, "\"%s\" is not for %s", names[i],
                           p->kind->endpoint);
    return true;
}

static bool plan_cumulative(struct planning *p)
{
    char text[32];
    long seconds;
    query_value(p, "seconds", text, sizeof text);
    if (!*text)
        return true;
    if (!parse_integer(text, 1, INT32_MAX, &seconds))
        return err_set(p->err, "invalid value for \"seconds\" - must be a "
                               "positive integer");
    if (number_or_zero(p, "debug") != 0)
        return err_set(p->err, "seconds and debug params are incompatible");
    p->plan->recording.wait_ns = seconds * SECOND_NS;
    p->plan->recording.is_delta = true;
    return true;
}

/* Reads how fine waits for locks are to be recorded during the delta. */
static bool plan_contention(struct planning *p, const char *name, int64_t *wish)
{
    char text[32];
    long value;
    query_value(p, name, text, sizeof text);
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
    p->plan->recording.is_written = !p->kind->build;
    if (p->plan->recording.is_written && !refuse_parameters_of_samples(p))
        return false;
    if (p->kind->span == PROFILE_KIND_TIMED)
        return plan_timed(p);
    if (!plan_cumulative(p))
        return false;
    p->plan->collects = takes(p, PROFILE_TAKES_GC) &&
                        !p->plan->recording.is_delta &&
                        number_or_zero(p, "gc") > 0;
    p->plan->recording.shows_profiler =
        takes(p, PROFILE_TAKES_PROFILER) && number_or_zero(p, "profiler") > 0;
    if (takes(p, PROFILE_TAKES_BLOCK_RATE) &&
        !plan_contention(p, "rate", &p->plan->recording.block_rate_ns))
        return false;
    return !takes(p, PROFILE_TAKES_MUTEX_FRACTION) ||
           plan_contention(p, "fraction", &p->plan->recording.mutex_fraction);
}

static bool add_label(struct planning *p, const char *key_value)
{
    struct err err;
    if (label_filter_add(&p->plan->recording.labels, key_value, &err))
        return true;
    return err_set(p->err, "invalid value for \"label\" - %s", err.message);
}

/* Takes one `label`; there may be several. */
static enum MHD_Result take_label(void *ctx, enum MHD_ValueKind kind,
                                  const char *name, const char *encoded)
{
    (void)kind;
    struct planning *p = ctx;
    char text[sizeof p->plan->recording.labels.text];
    if (strcmp(name, "label") != 0)
        return MHD_YES;
    if (!encoded || strlen(encoded) < sizeof text)
        return add_label(p, decode_value(encoded, text, sizeof text)) ? MHD_YES
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
    MHD_get_connection_values(p->connection, MHD_GET_ARGUMENT_KIND, take_label,
                              p);
    if (p->err->message[0])
        return false;
    query_value(p, "worker", worker, sizeof worker);
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

/* Appends one query parameter to the exporter's options, decoded. A parameter
 * that holds a character that separates options is left out. */
static enum MHD_Result add_option(void *ctx, enum MHD_ValueKind kind,
                                  const char *name, const char *encoded)
{
    (void)kind;
    struct buf *options = ctx;
    size_t n_before = options->len, encoded_len = encoded ? strlen(encoded) : 0;
    if (strpbrk(name, "&="))
        return MHD_YES;
    buf_printf(options, "&%s=", name);
    if (!buf_reserve(options, encoded_len + 1))
        return MHD_NO;
    char *value = options->data + options->len;
    size_t len = percent_decode(value, encoded, encoded_len);
    value[len] = '\0';
    options->len = strchr(value, '&') ? n_before : options->len + strlen(value);
    return MHD_YES;
}

/* The option of exporters that show one of the values. A value that the kind
 * does not have is refused here, before the wait. */
static bool plan_sample_index(struct planning *p)
{
    char text[64];
    if (!*query_value(p, "sample_index", text, sizeof text))
        return true;
    struct profile *empty = profile_kind_empty(p->kind, 0, 0, p->err);
    bool ok = empty && profile_check_sample_index(empty, text, p->err);
    profile_free(empty);
    return ok;
}

/* Reads debug=2. */
static bool plan_full_text(struct planning *p)
{
    if (!takes(p, PROFILE_TAKES_FULL_TEXT) || !p->plan->is_text ||
        number_or_zero(p, "debug") < 2)
        return true;
    p->plan->recording.is_written = true;
    if (p->plan->recording.labels.n_bytes > 0)
        return err_set(p->err, "\"label\" and \"worker\" are not for debug=2");
    return true;
}

static bool plan_format(struct planning *p)
{
    struct capture_plan *plan = p->plan;
    query_value(p, "format", plan->format, sizeof plan->format);
    plan->is_text = p->kind->span != PROFILE_KIND_TIMED && !*plan->format &&
                    number_or_zero(p, "debug") != 0;
    if (!*plan->format)
        strcpy(plan->format, plan->is_text ? "text" : "pprof");
    buf_printf(&plan->options, "kind=%s", p->kind->endpoint);
    MHD_get_connection_values(p->connection, MHD_GET_ARGUMENT_KIND, add_option,
                              &plan->options);
    return buf_cstr(&plan->options) ||
           err_set(p->err, "out of memory for the exporter's options");
}

bool pprof_plan(struct MHD_Connection *connection,
                const struct profile_kind *kind, int n_workers,
                struct capture_plan *plan, struct err *err)
{
    struct planning planning = {connection, kind, n_workers, plan, err};
    *plan = (struct capture_plan){.recording.kind = kind,
                                  .max_gather_ns = GATHERING_MAX_NS};
    return plan_recording(&planning) && plan_slower_than(&planning) &&
           plan_filter(&planning) && plan_sample_index(&planning) &&
           plan_format(&planning) && plan_full_text(&planning);
}
