/* metrics.h -- writes the answer to /metrics in Prometheus' text format,
 * version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * Every number is read where its owner keeps it, without a question to a
 * worker. So /metrics answers while all workers compute. The counters of the
 * workers are summed up by route. Only the sampler's counts take locks
 * (totals.h), for a moment.
 *
 * Path: traffic.c, reloader.c, totals.c -> [metrics] -> admin.c
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
    uint64_t n_taken_back; /* connections, handover.h */
    int64_t start_ns;      /* of the process, since 1970 */
};

/* Appends all metrics. Sets out->failed if out of memory. [admin] */
void metrics_write(struct buf *out, const struct metrics_source *source);

#endif
