/* endpoints.h -- requests by their `name` tag, for the report: how many,
 * how many failed, how long they took.
 *
 * Names come from scripts and may be made up at run time (a URL with an id in
 * it): beyond 1,000 all others are counted as `other`.
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
    uint32_t merged_into;      /* position in the whole test's, or INDEX_NONE */
};

struct endpoints {
    bool wanted; /* does anybody look at them? */
    struct endpoint *all;
    uint32_t n, cap;
    struct index index;
    uint32_t last;   /* the one counted last: often the next one, too */
    bool overflowed; /* something went to `other` */
};

#define ENDPOINTS_INIT ((struct endpoints){0})

void endpoints_fini(struct endpoints *endpoints);

/* Count a request. Without memory it is not counted. */
void endpoints_count(struct endpoints *endpoints, const char *name, size_t n,
                     bool failed, double duration_ms);

/* Add all of `from` to `into` and set `from` to zero; its names stay. They are
 * matched once: `from` must always be merged into the same one. False when out
 * of memory: what found no room is still in `from`. */
bool endpoints_merge(struct endpoints *into, struct endpoints *from);

#endif
