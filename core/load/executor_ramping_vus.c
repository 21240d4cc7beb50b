/* executor_ramping_vus.c -- the number of virtual users that iterate follows
 * the stages. A virtual user that has to leave may finish its iteration within
 * gracefulRampDown and is interrupted afterwards.
 *
 * On the way up a virtual user joins when the line has reached its number. On
 * the way down it leaves when the line has passed its number, as in k6.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "load/executor.h"
#include "load/scenario.h"
#include "load/vu.h"

#define TICK_MS 20
#define SLACK 1e-9 /* error of a count that is a sum of fractions */

/* The plan of a share. */
struct ramp {
    uv_timer_t timer;
    uint32_t n_active;   /* virtual users of this share that iterate now */
    uint32_t n_reached;  /* the greatest n_active so far */
    int64_t *retired_ns; /* for each virtual user: when it was last told to
                            leave */
};

static bool check_ramp(struct scenario *scenario, struct err *err)
{
    struct stages *stages = &scenario->stages;
    if (stages->n == 0)
        return err_set(err, "option 'stages' must have one stage at least");
    stages->start = (double)scenario->start_vus;
    scenario->duration_ns = stages_duration(stages);
    scenario->vus = (int64_t)stages_greatest(stages);
    if (scenario->duration_ns == 0)
        return err_set(err, "option 'stages' must last longer than 0s");
    return scenario->vus > 0 ||
           err_set(err, "option 'stages' must have a target above 0");
}

/* Returns how many virtual users of this share iterate now. */
static uint32_t count_ramp_share(const struct scenario_run *run, int64_t now_ns)
{
    double slope;
    double value =
        stages_value(&run->scenario->stages, now_ns - run->start_ns, &slope);
    uint32_t n =
        (uint32_t)(slope < 0 ? ceil(value - SLACK) : floor(value + SLACK));
    return n > run->share ? (n - run->share - 1) / run->n_shares + 1 : 0;
}

/* Tells virtual users above the line to leave, interrupts those whose grace is
 * over, and wakes those that join. */
static void on_ramp_tick(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    struct ramp *ramp = run->plan;
    int64_t now_ns = clock_mono_ns();
    uint32_t before = ramp->n_active, after = count_ramp_share(run, now_ns);
    ramp->n_active = after;
    for (uint32_t i = after; i < before; i++)
        ramp->retired_ns[i] = now_ns;
    for (uint32_t i = after; i < ramp->n_reached; i++)
        if (now_ns - ramp->retired_ns[i] >=
            run->scenario->graceful_ramp_down_ns)
            vu_interrupt(&run->vus[i]);
    if (after > ramp->n_reached)
        ramp->n_reached = after;
    for (uint32_t i = before; i < after; i++)
        vu_wake(&run->vus[i]);
}

static bool open_ramp(struct scenario_run *run, struct err *err)
{
    struct ramp *ramp = calloc(1, sizeof *ramp);
    if (ramp)
        ramp->retired_ns = calloc(run->n_vus, sizeof *ramp->retired_ns);
    if (!ramp || !ramp->retired_ns) {
        free(ramp);
        return err_set(err, "out of memory");
    }
    uv_timer_init(run->timer.loop, &ramp->timer);
    ramp->timer.data = run;
    run->plan = ramp;
    return true;
}

static void start_ramp(struct scenario_run *run)
{
    struct ramp *ramp = run->plan;
    uv_timer_start(&ramp->timer, on_ramp_tick, TICK_MS, TICK_MS);
    on_ramp_tick(&ramp->timer);
}

static bool is_below_line(struct scenario_run *run, struct vu *vu)
{
    const struct ramp *ramp = run->plan;
    return vu - run->vus < (ptrdiff_t)ramp->n_active;
}

static void stop_ramp(struct scenario_run *run)
{
    struct ramp *ramp = run->plan;
    uv_timer_stop(&ramp->timer);
}

static void read_ramp_status(const struct scenario_run *run,
                             struct scenario_status *status)
{
    const struct ramp *ramp = run->plan;
    if (!run->stopped)
        status->n_active =
            run->n_busy > ramp->n_active ? run->n_busy : ramp->n_active;
}

static void free_ramp(uv_handle_t *handle)
{
    struct ramp *ramp = container_of(handle, struct ramp, timer);
    free(ramp->retired_ns);
    free(ramp);
}

static void close_ramp(struct scenario_run *run)
{
    struct ramp *ramp = run->plan;
    uv_close((uv_handle_t *)&ramp->timer, free_ramp);
}

static const char *const options[] = {"startVUs", "stages", "gracefulRampDown",
                                      NULL};

const struct executor executor_ramping_vus = {
    .name = "ramping-vus",
    .options = options,
    .check = check_ramp,
    .open = open_ramp,
    .start = start_ramp,
    .next = is_below_line,
    .stop = stop_ramp,
    .read_status = read_ramp_status,
    .close = close_ramp,
};
