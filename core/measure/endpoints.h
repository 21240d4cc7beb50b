/* endpoints.h -- counts requests by their `name` tag, for the report: their
 * number, the failed ones, their durations.
 *
 * Names come from scripts, which may make up a new name at any time (a URL with
 * an id in it). Beyond 1,000 names the rest is counted as `other`.
 *
 * Path: results.c -> [endpoints] -> report/
 */
#ifndef MEASURE_ENDPOINTS_H
#define MEASURE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/index.h"
#include "measure/histogram.h"

#define ENDPOINTS_MAX 1000

struct endpoint {
    char *name;
    size_t n_name;
    uint64_t n_requests, n_failed;
    struct histogram duration; /* ms, as http_req_duration */
    uint32_t
        merged_into; /* position in the whole test's endpoints, or INDEX_NONE */
};

struct endpoints {
    bool wanted; /* an output needs them */
    struct endpoint *all;
    uint32_t n, cap;
    struct index index;
    uint32_t last;   /* position counted last, often the next one too */
    bool overflowed; /* something was counted as `other` */
};

#define ENDPOINTS_INIT ((struct endpoints){0})

void endpoints_fini(struct endpoints *endpoints);

/* Counts a request. If out of memory, the request is not counted. */
void endpoints_count(struct endpoints *endpoints, const char *name, size_t n,
                     bool failed, double duration_ms);

/* Adds the counts of `from` to `into` and sets them to zero in `from`, whose
 * names stay. Names are matched once, so `from` must always be merged into the
 * same `into`. Returns false if out of memory; counts without room stay in
 * `from`. */
bool endpoints_merge(struct endpoints *into, struct endpoints *from);

#endif
