/* trace_json.h -- writes what a trace has collected as Chrome's trace events.
 *
 * Path: trace.c -> [trace_json]
 */
#ifndef SAMPLE_SESSION_TRACE_JSON_H
#define SAMPLE_SESSION_TRACE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/session/trace.h"

struct buf;
struct strings;

struct trace_record {
    struct trace_event event; /* its reason is not used */
    uint32_t reason;          /* in `reasons` */
    int tid;
};

struct trace_content {
    const struct trace_record *records;
    uint32_t n;
    uint32_t n_dropped;
    const struct strings *reasons;
    int64_t start_ns, end_ns; /* monotonic */
};

/* Append the JSON. False when out of memory, but for `out`, which fails by
 * itself. */
bool trace_json_write(const struct trace_content *content, struct buf *out);

#endif
