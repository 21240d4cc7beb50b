/* executor_constant_vus.c -- a fixed number of virtual users iterate as often
 * as they can until the duration has passed. */
#include "load/config.h"
#include "load/executor.h"

static bool check_constant_vus(struct scenario *scenario, struct err *err)
{
    if (scenario->duration_ns <= 0)
        return err_set(err, "option 'duration' must be more than 0");
    return true;
}

static bool always_next(struct scenario_run *run, struct vu *vu)
{
    (void)run;
    (void)vu;
    return true;
}

static const char *const options[] = {"vus", "duration", NULL};

const struct executor executor_constant_vus = {
    .name = "constant-vus",
    .options = options,
    .check = check_constant_vus,
    .next = always_next,
};
