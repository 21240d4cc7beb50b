#include "http/head.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct head_fault bad_method = {MHD_HTTP_BAD_REQUEST,
                                             "the method must be a token"};
static const struct head_fault bad_target = {
    MHD_HTTP_BAD_REQUEST,
    "the request target must be a path that begins with /, without spaces and "
    "control characters"};
static const struct head_fault bad_name = {
    MHD_HTTP_BAD_REQUEST,
    "a header's name must be a token, its colon behind it"};
static const struct head_fault bad_value = {
    MHD_HTTP_BAD_REQUEST, "a header's value has control characters"};
static const struct head_fault folded = {
    MHD_HTTP_BAD_REQUEST, "a header's value must not go on in another line"};
static const struct head_fault bad_host = {
    MHD_HTTP_BAD_REQUEST, "HTTP/1.1 needs one Host header, and no second one"};
static const struct head_fault two_lengths = {
    MHD_HTTP_BAD_REQUEST, "two Content-Length headers differ"};
static const struct head_fault two_framings = {
    MHD_HTTP_BAD_REQUEST,
    "either Content-Length or Transfer-Encoding, not both"};
static const struct head_fault old_chunks = {
    MHD_HTTP_BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding"};
static const struct head_fault bad_coding = {
    MHD_HTTP_NOT_IMPLEMENTED, "of transfer encodings only chunked is known"};
static const struct head_fault bad_expectation = {
    MHD_HTTP_EXPECTATION_FAILED, "of expectations only 100-continue is known"};

bool head_is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) &&
            (s[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", s[i])))
            return false;
    return n > 0;
}

static bool has_control_byte(const char *s, size_t n, bool tab_too)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < ' ' && (c != '\t' || tab_too)) || c == 127)
            return true;
    }
    return false;
}

static bool is_header_named(const char *name, size_t n, const char *wanted)
{
    return n == strlen(wanted) && strncasecmp(name, wanted, n) == 0;
}

/* Returns true if the header's value continues in another line. libmicrohttpd
 * 0.9.75 appends a folded line to a copy of the name, so `Transfer-Encoding:`
 * with `chunked` in the next line becomes a header of another name. A value
 * that is not folded lies behind its name, in the buffer that was read. */
static bool is_folded(const char *name, size_t n_name, const char *value)
{
    if (value <= name + n_name)
        return true;
    for (const char *at = name + n_name + 1; at < value; at++)
        if (*at != ' ' && *at != '\t')
            return true;
    return false;
}

/* Collects facts while the headers are visited. */
struct scan {
    const struct head_fault *fault; /* the first one, or NULL */
    const char *length;             /* value of the first Content-Length */
    unsigned n_hosts, n_codings;
};

static const struct head_fault *
check_header(struct scan *scan, const char *name, size_t n, const char *value)
{
    if (is_header_named(name, n, MHD_HTTP_HEADER_HOST)) {
        scan->n_hosts++;
    } else if (is_header_named(name, n, MHD_HTTP_HEADER_CONTENT_LENGTH)) {
        if (scan->length && strcmp(scan->length, value) != 0)
            return &two_lengths;
        scan->length = value;
    } else if (is_header_named(name, n, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
        if (++scan->n_codings > 1 || strcasecmp(value, "chunked") != 0)
            return &bad_coding;
    } else if (is_header_named(name, n, MHD_HTTP_HEADER_EXPECT)) {
        if (strcasecmp(value, "100-continue") != 0)
            return &bad_expectation;
    }
    return NULL;
}

static enum MHD_Result scan_header(void *ctx, enum MHD_ValueKind kind,
                                   const char *name, size_t n_name,
                                   const char *value, size_t n_value)
{
    (void)kind;
    struct scan *scan = ctx;
    if (!head_is_token(name, n_name))
        scan->fault = &bad_name;
    else if (is_folded(name, n_name, value))
        scan->fault = &folded;
    else if (has_control_byte(value, n_value, false))
        scan->fault = &bad_value;
    else
        scan->fault = check_header(scan, name, n_name, value);
    return scan->fault ? MHD_NO : MHD_YES;
}

static bool is_target(const char *method, const char *target)
{
    size_t n = strlen(target);
    if (strcmp(method, "OPTIONS") == 0 && strcmp(target, "*") == 0)
        return true;
    return target[0] == '/' && !strchr(target, ' ') &&
           !has_control_byte(target, n, true);
}

const struct head_fault *head_check(struct MHD_Connection *connection,
                                    const char *method, const char *target,
                                    const char *version)
{
    struct scan scan = {0};
    bool is_old = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    if (!head_is_token(method, strlen(method)))
        return &bad_method;
    if (!is_target(method, target))
        return &bad_target;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, scan_header,
                                &scan);
    if (scan.fault)
        return scan.fault;
    if (scan.n_hosts > 1 || (scan.n_hosts == 0 && !is_old))
        return &bad_host;
    if (scan.n_codings && is_old)
        return &old_chunks;
    return scan.n_codings && scan.length ? &two_framings : NULL;
}
