/* stages.h -- a value that changes over time in straight lines, as `stages` of
 * the options describes it: the number of virtual users, or the rate of
 * iterations.
 *
 * The value goes from `start` to the target of the first stage within that
 * stage's duration, and so on. A stage without duration is a jump.
 *
 *   value
 *     |      ____          value(t)    stages_value
 *     |     /    \         area(t)     stages_area: iterations due until t
 *     |____/      \        when(area)  stages_when: time at which iteration
 *     +-------------- t                `area` is due
 *
 * Path: option_value.c -> [stages] -> executor_ramping_vus.c, arrival.c
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

/* Returns the duration of all stages together, in nanoseconds. */
int64_t stages_duration(const struct stages *stages);

/* Returns the greatest value: the start or a target. */
double stages_greatest(const struct stages *stages);

/* Returns the value at `at_ns` from the start; after the last stage, its
 * target. Sets `*slope`, if not NULL, to the change per second at that time. */
double stages_value(const struct stages *stages, int64_t at_ns, double *slope);

/* Returns the integral of the value over the time in seconds from 0 to `at_ns`.
 * If the value is a rate per second, this is the number of iterations that are
 * due until then. */
double stages_area(const struct stages *stages, int64_t at_ns);

/* Returns the time in nanoseconds at which the integral reaches `area`, or -1
 * if it never does. */
int64_t stages_when(const struct stages *stages, double area);

#endif
