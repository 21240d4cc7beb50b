/* report.h -- the data of a run that the summary and the outputs read, during
 * the run and at its end. The report owns nothing that it points to.
 *
 * Path: load/load.c -> [report] -> summary.c, output.c, report_table.c
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
    const struct config *config;   /* with the thresholds as last judged */
    const struct results *results; /* of the whole test */
    const struct series *series;   /* the run over time */

    /* Set by report_finish. */
    const char *title;  /* the script's path, or the URL */
    const char *target; /* server of the first request, NULL if none */
    int64_t started_ns; /* since 1970 */
    int64_t cpu_ns;     /* CPU time of the generators' threads */
    double least_idle;  /* least share of time that a loop waited */
    const char *ended;  /* reason of an early end: "by a signal"; or NULL */
    const struct profile_capture *profiles;  /* NULL if not requested */
    const struct profile_overhead *overhead; /* NULL if not requested */
    const struct window_series *windows;
};

/* Fills in the fields that are known after the run. */
void report_finish(struct report *report, const struct load *load);

#endif
