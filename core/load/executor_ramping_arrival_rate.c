/* executor_ramping_arrival_rate.c -- the rate at which iterations begin follows
 * the stages: the open model of arrival.h. */
#include "load/arrival.h"
#include "load/executor.h"
#include "load/scenario.h"

static bool check_ramping_rate(struct scenario *scenario, struct err *err)
{
    scenario->stages.start = (double)scenario->start_rate;
    if (scenario->stages.n == 0)
        return err_set(err, "option 'stages' must have one stage at least");
    if (stages_greatest(&scenario->stages) <= 0)
        return err_set(err, "option 'stages' must have a target above 0");
    if (stages_duration(&scenario->stages) == 0)
        return err_set(err, "option 'stages' must last longer than 0s");
    return arrival_check(scenario, err);
}

static const char *const options[] = {
    "startRate", "timeUnit", "stages", "preAllocatedVUs",
    "maxVUs",    "overload", NULL};

const struct executor executor_ramping_arrival_rate = {
    .name = "ramping-arrival-rate",
    .options = options,
    .check = check_ramping_rate,
    .drains = true,
    .open = arrival_open,
    .start = arrival_start,
    .next = arrival_next,
    .is_done = arrival_is_done,
    .stop = arrival_stop,
    .read_status = arrival_read_status,
    .close = arrival_close,
};
