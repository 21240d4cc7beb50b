/* stages.h -- a value that changes over time, in straight lines: the number of
 * virtual users, or the rate of iterations, that `stages` describe.
 *
 * From `start` the value goes to the first stage's target in the first stage's
 * duration, and so on. A stage of no duration is a jump.
 */
#ifndef LOAD_STAGES_H
#define LOAD_STAGES_H

#include <stdint.h>

#define STAGES_MAX 64

struct stage {
    int64_t duration_ns;
    double target;
};

struct stages {
    double start;
    unsigned n;
    struct stage all[STAGES_MAX];
};

/* Of all stages together. */
int64_t stages_duration(const struct stages *stages);

/* The greatest value: the start's, or a target. */
double stages_greatest(const struct stages *stages);

/* The value at a time from 0; after the last stage, its target. `*slope` (may
 * be NULL): how it changes per second there. */
double stages_value(const struct stages *stages, int64_t at_ns, double *slope);

/* The integral over the time, in seconds, from 0 to `at_ns`: the number of
 * iterations due until then where the value is a rate per second. */
double stages_area(const struct stages *stages, int64_t at_ns);

/* The time at which the integral comes to `area`; -1: it never does. */
int64_t stages_when(const struct stages *stages, double area);

#endif
