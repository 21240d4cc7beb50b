#include "load/scenario.h"

#include "base/clock.h"
#include "load/executor.h"
#include "load/generator.h"
#include "load/vu.h"

static uint64_t to_ms(int64_t ns)
{
    return ns > 0 ? (uint64_t)((ns + 999999) / 1000000) : 0;
}

/* libuv counts from a clock that may be late; after uv_update_time the timer
 * does not fire early. */
static void set_scenario_timer(struct scenario_run *run, uv_timer_cb f,
                               int64_t in_ns)
{
    uv_update_time(run->timer.loop);
    uv_timer_start(&run->timer, f, to_ms(in_ns), 0);
}

/* No iteration begins any more, not even one that is due. */
static void stop_beginning(struct scenario_run *run)
{
    if (run->stopped)
        return;
    run->stopped = run->started = true;
    if (run->scenario->executor->stop)
        run->scenario->executor->stop(run);
}

/* The grace has passed: interrupts all iterations that still run. */
static void on_grace_end(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    stop_beginning(run);
    for (uint32_t i = 0; i < run->n_vus; i++)
        vu_interrupt(&run->vus[i]);
    generator_check_end(run->generator);
}

static void on_duration_end(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    run->ended = true;
    if (!run->scenario->executor->drains)
        stop_beginning(run);
    set_scenario_timer(run, on_grace_end, run->scenario->graceful_stop_ns);
    generator_check_end(run->generator);
}

static void on_start(uv_timer_t *timer)
{
    struct scenario_run *run = timer->data;
    const struct executor *executor = run->scenario->executor;
    int64_t end_ns = run->start_ns + run->scenario->duration_ns;
    run->started = true;
    run->deadline_ns = end_ns + run->scenario->graceful_stop_ns;
    set_scenario_timer(run, on_duration_end, end_ns - clock_mono_ns());
    if (executor->start)
        executor->start(run);
    else
        for (uint32_t i = 0; i < run->n_vus; i++)
            vu_advance(&run->vus[i]);
    generator_check_end(run->generator);
}

struct tags scenario_tags(const struct scenario_run *run)
{
    return (struct tags){
        .common = &run->scenario->tags,
        .scenario = run->scenario->name,
        .checks = &run->generator->results.checks,
        .group = CHECKS_ROOT,
    };
}

bool scenario_open(struct scenario_run *run, struct err *err)
{
    const struct executor *executor = run->scenario->executor;
    return !executor->open || executor->open(run, err) ||
           err_prefix(err, "scenario '%s': ", run->scenario->name);
}

void scenario_arm(struct scenario_run *run, int64_t start_ns)
{
    run->start_ns = start_ns + run->scenario->start_ns;
    set_scenario_timer(run, on_start, run->start_ns - clock_mono_ns());
}

bool scenario_next(struct scenario_run *run, struct vu *vu)
{
    if (run->stopped || !run->scenario->executor->next(run, vu))
        return false;
    run->n_begun++;
    run->n_busy++;
    return true;
}

void scenario_begin(struct scenario_run *run, struct vu *vu)
{
    run->n_begun++;
    run->n_busy++;
    vu_begin(vu);
}

void scenario_rest(struct scenario_run *run)
{
    if (run->n_busy == 0)
        generator_check_end(run->generator);
}

void scenario_stop(struct scenario_run *run, int64_t grace_ns)
{
    int64_t now_ns = clock_mono_ns();
    stop_beginning(run);
    /* A share that is ending already does not end later. */
    if (run->deadline_ns == 0 || now_ns + grace_ns < run->deadline_ns)
        run->deadline_ns = now_ns + grace_ns;
    set_scenario_timer(run, on_grace_end, run->deadline_ns - now_ns);
    generator_check_end(run->generator);
}

bool scenario_is_over(const struct scenario_run *run)
{
    const struct executor *executor = run->scenario->executor;
    return run->started && run->n_busy == 0 &&
           (run->stopped || (executor->is_done && executor->is_done(run)));
}

void scenario_read_status(const struct scenario_run *run,
                          struct scenario_status *status)
{
    const struct executor *executor = run->scenario->executor;
    *status = (struct scenario_status){
        .n_vus = run->n_vus,
        .n_begun = run->n_begun,
    };
    if (!run->started)
        return;
    bool begins =
        !run->stopped && !(executor->is_done && executor->is_done(run));
    status->n_active = begins ? run->n_vus : run->n_busy;
    if (executor->read_status)
        executor->read_status(run, status);
}

void scenario_close(struct scenario_run *run)
{
    if (run->plan)
        run->scenario->executor->close(run);
    uv_close((uv_handle_t *)&run->timer, NULL);
}
