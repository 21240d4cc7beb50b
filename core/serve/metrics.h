/* metrics.h -- /metrics: what the process counts, in Prometheus' text format,
 * version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * Nothing is asked of a worker, so that it answers while all of them are
 * stuck: every number is read where its owner left it.
 *
 * Path: traffic.c, reloader.c, sample/ -> [metrics] -> admin.c
 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <stdint.h>

#include "base/buf.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct reloader;
struct worker;

struct metrics_source {
    struct worker *const *workers;
    int n_workers;
    const struct reloader *reloader;
    unsigned n_connections, max_connections;
    uint64_t n_taken_back; /* handover.h */
    int64_t start_ns;      /* of the process, since 1970 */
};

/* Append them all. Out of memory shows in buf->failed. [admin] */
void metrics_write(struct buf *out, const struct metrics_source *source);

#endif
