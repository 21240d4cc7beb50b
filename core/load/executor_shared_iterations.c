/* executor_shared_iterations.c -- the virtual users of all generators share a
 * number of iterations. A faster virtual user takes more of them. */
#include "load/executor.h"
#include "load/scenario.h"

static bool check_shared(struct scenario *scenario, struct err *err)
{
    if (scenario->iterations < scenario->vus)
        return err_set(err,
                       "option 'iterations' (%lld) must not be less than "
                       "'vus' (%lld)",
                       (long long)scenario->iterations,
                       (long long)scenario->vus);
    return true;
}

/* The counter goes on after the last iteration: it counts each virtual user
 * that finds none left. */
static bool take_iteration(struct scenario_run *run, struct vu *vu)
{
    (void)vu;
    return atomic_fetch_add(run->n_taken, 1) < run->scenario->iterations;
}

static bool all_taken(const struct scenario_run *run)
{
    return atomic_load(run->n_taken) >= run->scenario->iterations;
}

static const char *const options[] = {"vus", "iterations", "maxDuration", NULL};

const struct executor executor_shared_iterations = {
    .name = "shared-iterations",
    .options = options,
    .check = check_shared,
    .next = take_iteration,
    .is_done = all_taken,
};
