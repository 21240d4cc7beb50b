#include "load/stages.h"

#include <math.h>
#include <stddef.h>

#define SECOND_NS 1e9

/* A stage with the value at which it begins. */
struct leg {
    double from, to;
    double seconds;
};

static struct leg leg_of(const struct stages *stages, unsigned i)
{
    const struct stage *stage = &stages->all[i];
    return (struct leg){
        .from = i ? stages->all[i - 1].target : stages->start,
        .to = stage->target,
        .seconds = (double)stage->duration_ns / SECOND_NS,
    };
}

static double leg_slope(const struct leg *leg)
{
    return leg->seconds > 0 ? (leg->to - leg->from) / leg->seconds : 0;
}

/* Returns the integral over the first `seconds` of the leg. */
static double leg_area(const struct leg *leg, double seconds)
{
    return leg->from * seconds + leg_slope(leg) * seconds * seconds / 2;
}

int64_t stages_duration(const struct stages *stages)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < stages->n; i++)
        sum += stages->all[i].duration_ns;
    return sum;
}

double stages_greatest(const struct stages *stages)
{
    double greatest = stages->start;
    for (unsigned i = 0; i < stages->n; i++)
        greatest = fmax(greatest, stages->all[i].target);
    return greatest;
}

double stages_value(const struct stages *stages, int64_t at_ns, double *slope)
{
    double ignored;
    slope = slope ? slope : &ignored;
    for (unsigned i = 0; i < stages->n; i++) {
        if (at_ns < stages->all[i].duration_ns) {
            struct leg leg = leg_of(stages, i);
            *slope = leg_slope(&leg);
            return leg.from + *slope * (double)at_ns / SECOND_NS;
        }
        at_ns -= stages->all[i].duration_ns;
    }
    *slope = 0;
    return stages->n ? stages->all[stages->n - 1].target : stages->start;
}

double stages_area(const struct stages *stages, int64_t at_ns)
{
    double sum = 0;
    for (unsigned i = 0; i < stages->n && at_ns > 0; i++) {
        struct leg leg = leg_of(stages, i);
        double seconds = fmin((double)at_ns / SECOND_NS, leg.seconds);
        sum += leg_area(&leg, seconds);
        at_ns -= stages->all[i].duration_ns;
    }
    return sum;
}

/* Returns the root t within the leg of slope/2 t^2 + from t = area, in a form
 * that loses no precision when the slope is near 0. */
static double leg_when(const struct leg *leg, double area)
{
    double root =
        sqrt(fmax(leg->from * leg->from + 2 * leg_slope(leg) * area, 0));
    double sum = leg->from + root;
    return sum > 0 ? fmin(2 * area / sum, leg->seconds) : 0;
}

int64_t stages_when(const struct stages *stages, double area)
{
    int64_t passed_ns = 0;
    for (unsigned i = 0; i < stages->n; i++) {
        struct leg leg = leg_of(stages, i);
        double whole = leg_area(&leg, leg.seconds);
        if (area < whole)
            return passed_ns + (int64_t)(leg_when(&leg, area) * SECOND_NS);
        area -= whole;
        passed_ns += stages->all[i].duration_ns;
    }
    return -1;
}
