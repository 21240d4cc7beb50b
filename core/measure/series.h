/* series.h -- a run over time, for the charts of the report.
 *
 * The series starts with buckets of 100 ms. When 600 buckets are full, each two
 * become one of twice the width, so memory is bounded for a run of any length.
 *
 * Generators hand over their counts ten times a second. All counts of one
 * hand-over go to the bucket that contains the middle of their time. So a
 * bucket may stand for a little more or less time than its width: `span_ns` is
 * that time, and rates are counts divided by it. A bucket with a span of 0 has
 * no data.
 *
 * While generators run, every function is called with load->lock held. Before
 * and after, only the main thread uses the series.
 *
 * Path: load/generator.c, load/load.c -> [series] -> report/
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
    int64_t span_ns; /* the sum of all generators */
    int64_t cpu_ns;  /* CPU time of the generators' threads */
    uint64_t n_requests, n_failed;
    uint64_t failures[SERIES_FAILURES_MAX]; /* by position in series.failures */
    bool has_rates;
    double least_rate, greatest_rate; /* requests per second, over 100 ms */
    uint64_t n_ended;                 /* iterations */
    uint64_t n_dropped;               /* iterations that never began */
    struct histogram latency;         /* ms, as http_req_latency */
    double lag_ms; /* greatest p(99) of pacing_lag over 100 ms */

    /* The greatest values that series_look has seen, if has_looked. */
    bool has_looked;
    uint32_t n_active; /* virtual users that iterate */
    uint64_t n_late;   /* iterations that are due and not begun */
};

/* The current 100 ms. */
struct series_piece {
    int64_t at_ns, span_ns;
    uint64_t n_requests;
};

struct series {
    int64_t start_ns; /* monotonic; 0 before the begin and after the end */
    int64_t width_ns;
    unsigned n_generators;
    struct series_bucket *buckets; /* SERIES_MAX buckets */
    unsigned n;                    /* up to the last bucket in use */

    /* HTTP statuses other than 200 to 399 and codes of client/error.h, in order
     * of appearance. The last entry counts those without room. */
    int failures[SERIES_FAILURES_MAX];
    unsigned n_failures;

    struct series_piece piece;
};

#define SERIES_INIT ((struct series){0})

/* Begins to count. Returns false if out of memory. */
bool series_begin(struct series *series, int64_t start_ns,
                  unsigned n_generators);

/* Ends counting. The buckets stay. */
void series_end(struct series *series);
void series_fini(struct series *series);

/* Adds the counts of one generator from `from_ns` to `to_ns`, and its CPU time.
 */
void series_count(struct series *series, int64_t from_ns, int64_t to_ns,
                  int64_t cpu_ns, const struct results *results);

/* Adds a time in which a generator has nothing to do any more. */
void series_pass(struct series *series, int64_t from_ns, int64_t to_ns);

/* Notes how many virtual users iterate now, and how many iterations are late.
 */
void series_look(struct series *series, int64_t now_ns, uint32_t n_active,
                 uint64_t n_late);

/* Writes the member "series", an object of arrays, one per column on a line of
 * its own; times in seconds, latencies in ms. */
void series_write_json(struct json_writer *json, const struct series *series);

/* Returns `n` per second of the bucket. */
double series_rate(const struct series *series,
                   const struct series_bucket *bucket, uint64_t n);

/* Returns the cores that the generators used, from 0 to the number of
 * generators. */
double series_cores(const struct series *series,
                    const struct series_bucket *bucket);

#endif
