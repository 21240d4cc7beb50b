/* series.h -- how a run went over time, for the charts of the report: buckets
 * of 100 ms, and, when there are 600 of them, of twice as much, again and
 * again: bounded memory for runs of any length.
 *
 * A bucket gets what generators hand over ten times a second, whole: by the
 * middle of the time in which they have counted it. So a bucket may stand for
 * a little more or less time than its width, which is in `span_ns`, and rates
 * are by that; one in which nothing was handed over has a span of 0 and is to
 * be passed over.
 *
 * Path: generator.c, load.c -> [series] -> outputs. Under load->lock.
 */
#ifndef MEASURE_SERIES_H
#define MEASURE_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "measure/histogram.h"

#define SERIES_MAX 600
#define SERIES_WIDTH_NS INT64_C(100000000)
#define SERIES_FAILURES_MAX 8
#define SERIES_OTHER_FAILURES 0

struct results;

struct series_bucket {
    int64_t span_ns; /* by all generators together */
    int64_t cpu_ns;  /* of their threads */
    uint64_t n_requests, n_failed;
    uint64_t failures[SERIES_FAILURES_MAX]; /* of the series' failures */
    bool has_rates;
    double least_rate, greatest_rate; /* requests per second in 100 ms */
    uint64_t n_ended;                 /* iterations */
    uint64_t n_dropped;               /* iterations that never began */
    struct histogram latency;         /* ms, as http_req_latency */
    double lag_ms; /* the greatest p(99) of pacing_lag in 100 ms */

    /* The greatest that were seen, where anybody has looked. */
    bool has_looked;
    uint32_t n_active; /* virtual users that iterate */
    uint64_t n_late;   /* iterations that are due and have not begun */
};

/* The 100 ms that are being counted. */
struct series_piece {
    int64_t at_ns, span_ns;
    uint64_t n_requests;
};

struct series {
    int64_t start_ns; /* monotonic; 0: it has not begun, or has ended */
    int64_t width_ns;
    unsigned n_generators;
    struct series_bucket *buckets; /* SERIES_MAX of them */
    unsigned n;                    /* up to the last one in use */

    /* HTTP statuses other than 200 to 399, and codes of client/error.h, in the
     * order in which they came; all that found no room is the last one. */
    int failures[SERIES_FAILURES_MAX];
    unsigned n_failures;

    struct series_piece piece;
};

#define SERIES_INIT ((struct series){0})

/* Counting begins. False when out of memory. */
bool series_begin(struct series *series, int64_t start_ns,
                  unsigned n_generators);

/* Counting ends; the buckets stay. */
void series_end(struct series *series);
void series_fini(struct series *series);

/* What one generator has counted from one time to another, with how much CPU
 * time. */
void series_count(struct series *series, int64_t from_ns, int64_t to_ns,
                  int64_t cpu_ns, const struct results *results);

/* One generator has nothing to do any more in this time. */
void series_pass(struct series *series, int64_t from_ns, int64_t to_ns);

/* How many virtual users iterate now, and iterations wait for one. */
void series_look(struct series *series, int64_t now_ns, uint32_t n_active,
                 uint64_t n_late);

/* Writes the member "series", an object of arrays, one per column on a line of
 * its own; times in seconds, latencies in ms. */
void series_write_json(struct json_writer *json, const struct series *series);

/* Per second. */
double series_rate(const struct series *series,
                   const struct series_bucket *bucket, uint64_t n);

/* How much of a core the generators have used together: up to their number. */
double series_cores(const struct series *series,
                    const struct series_bucket *bucket);

#endif
