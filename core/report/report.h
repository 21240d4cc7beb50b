/* report.h -- what there is to be said of a run, while it goes on and at its
 * end: what the summary and the outputs read. Nothing in it is the reader's.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

struct buf;
struct config;
struct results;
struct series;

struct report {
    const struct config *config;   /* with the thresholds, as judged last */
    const struct results *results; /* of all generators */
    const struct series *series;   /* how it went over time */

    /* What the JSON summary has besides, each as `,\n  "name": value`; NULL:
     * nothing. */
    const struct buf *members;
};

#endif
