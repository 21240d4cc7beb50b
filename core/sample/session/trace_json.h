/* trace_json.h -- writes the events of a trace as Chrome's trace events.
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

/* An event as a trace keeps it. */
struct trace_record {
    struct trace_event event; /* `event.reason` is not used */
    uint32_t reason;          /* id in `reasons` of the content */
    int tid;                  /* of the thread that reported it */
};

struct trace_content {
    const struct trace_record *records;
    uint32_t n;
    uint32_t n_dropped; /* events for which there was no room */
    const struct strings *reasons;
    int64_t start_ns, end_ns; /* monotonic */
};

/* Appends the JSON. Returns false if out of memory; a failure of `out` shows in
 * out->failed only. */
bool trace_json_write(const struct trace_content *content, struct buf *out);

#endif
