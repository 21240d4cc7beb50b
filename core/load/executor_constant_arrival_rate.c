/* executor_constant_arrival_rate.c -- iterations begin at a fixed rate,
 * independent of their duration: the open model of arrival.h with one level
 * stage. */
#include "load/arrival.h"
#include "load/executor.h"
#include "load/scenario.h"

static bool check_constant_rate(struct scenario *scenario, struct err *err)
{
    struct stages *stages = &scenario->stages;
    if (scenario->rate <= 0)
        return err_set(err, "option 'rate' must be more than 0");
    if (scenario->duration_ns <= 0)
        return err_set(err, "option 'duration' must be more than 0");
    stages->start = (double)scenario->rate;
    stages->all[0] = (struct stage){scenario->duration_ns, stages->start};
    stages->n = 1;
    return arrival_check(scenario, err);
}

static const char *const options[] = {
    "rate",   "timeUnit", "duration", "preAllocatedVUs",
    "maxVUs", "overload", NULL};

const struct executor executor_constant_arrival_rate = {
    .name = "constant-arrival-rate",
    .options = options,
    .check = check_constant_rate,
    .drains = true,
    .open = arrival_open,
    .start = arrival_start,
    .next = arrival_next,
    .is_done = arrival_is_done,
    .stop = arrival_stop,
    .read_status = arrival_read_status,
    .close = arrival_close,
};
