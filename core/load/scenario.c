#include "load/scenario.h"

#include "load/executor.h"
#include "load/load.h"
#include "load/vu.h"

static uint64_t to_ms(int64_t ns)
{
    return (uint64_t)((ns + 999999) / 1000000);
}

/* The grace is over: whatever still runs is interrupted. */
static void on_grace_end(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    for (int64_t i = 0; i < run->scenario->vus; i++)
        vu_interrupt(&run->vus[i]);
    load_check_end(run->load);
}

static void on_end(uv_timer_t *timer) { scenario_stop(timer->data); }

static void on_start(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    run->started = true;
    uv_timer_start(timer, on_end, to_ms(run->scenario->duration_ns), 0);
    for (int64_t i = 0; i < run->scenario->vus; i++)
        vu_advance(&run->vus[i]);
    load_check_end(run->load);
}

void scenario_arm(struct scenario_run *run)
{
    uv_timer_start(&run->timer, on_start, to_ms(run->scenario->start_ns), 0);
}

bool scenario_next(struct scenario_run *run)
{
    if (run->ending || !run->scenario->executor->next(run))
        return false;
    run->n_begun++;
    run->n_busy++;
    return true;
}

void scenario_rest(struct scenario_run *run)
{
    if (run->n_busy == 0)
        load_check_end(run->load);
}

void scenario_stop(struct scenario_run *run)
{
    if (run->ending)
        return;
    run->ending = run->started = true;
    uv_timer_start(&run->timer, on_grace_end,
                   to_ms(run->scenario->graceful_stop_ns), 0);
    load_check_end(run->load);
}

bool scenario_is_over(const struct scenario_run *run)
{
    return run->started && run->n_busy == 0 &&
           (run->ending || !run->scenario->executor->next(run));
}
