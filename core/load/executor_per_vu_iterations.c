/* executor_per_vu_iterations.c -- each virtual user has the same number of
 * iterations. */
#include "load/executor.h"
#include "load/scenario.h"
#include "load/vu.h"

static bool accept_options(struct scenario *scenario, struct err *err)
{
    (void)scenario;
    (void)err;
    return true;
}

static bool has_iterations_left(struct scenario_run *run, struct vu *vu)
{
    return vu->iteration < run->scenario->iterations;
}

static bool all_vus_done(const struct scenario_run *run)
{
    return run->n_begun >=
           (uint64_t)run->scenario->iterations * (uint64_t)run->n_vus;
}

static const char *const options[] = {"vus", "iterations", "maxDuration", NULL};

const struct executor executor_per_vu_iterations = {
    .name = "per-vu-iterations",
    .options = options,
    .check = accept_options,
    .next = has_iterations_left,
    .is_done = all_vus_done,
};
