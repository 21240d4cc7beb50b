/* report.h -- what there is to be said of a run, while it goes on and at its
 * end: what the summary and the outputs read. Nothing in it is the reader's.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdint.h>

struct config;
struct load;
struct profile_capture;
struct profile_overhead;
struct results;
struct series;
struct window_series;

struct report {
    const struct config *config;   /* with the thresholds, as judged last */
    const struct results *results; /* of all generators */
    const struct series *series;   /* how it went over time */

    /* At its end. */
    const char *title;  /* the script's path, or the URL */
    const char *target; /* the first request's server; NULL: none */
    int64_t started_ns; /* since 1970 */
    int64_t cpu_ns;     /* of the generators' threads */
    double least_idle;  /* share of a loop's time that it waited */
    const char *ended;  /* before its time: "by a signal"; NULL: not so */
    const struct profile_capture *profiles;  /* NULL: none were asked for */
    const struct profile_overhead *overhead; /* NULL: it was not asked for */
    const struct window_series *windows;
};

/* The run is over: fill in what is known of `load` at its end. */
void report_finish(struct report *report, const struct load *load);

#endif
