#include "load/arrival.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "load/alarm.h"
#include "load/generator.h"
#include "load/scenario.h"
#include "load/vu.h"

/* Least distance between two rings of the alarm. Iterations that become due in
 * between begin together, so that a high rate does not cost three system calls
 * for each. */
#define SPACING_NS 50000
#define SLACK 1e-6 /* error of a count that is a sum of fractions */

/* The plan of a share. */
struct arrival {
    struct scenario_run *run;
    struct alarm alarm;
    bool armed;
    int64_t next;  /* number of the iteration of this share that begins next */
    int64_t n_all; /* number of iterations of all shares */
    int64_t next_due_ns; /* when `next` is due, on the monotonic clock;
                            INT64_MAX before the start */
    struct vu *free;     /* stack of the free virtual users */
    uint64_t n_dropped;
    bool warned;
};

bool arrival_check(struct scenario *scenario, struct err *err)
{
    if (scenario->max_vus == 0)
        scenario->max_vus = scenario->pre_allocated_vus;
    if (scenario->max_vus == 0)
        return err_set(err, "option 'maxVUs' (or 'preAllocatedVUs') is needed: "
                            "the most virtual users that may be busy at once");
    if (scenario->pre_allocated_vus > scenario->max_vus)
        return err_set(err,
                       "option 'preAllocatedVUs' (%lld) must not be more than "
                       "'maxVUs' (%lld)",
                       (long long)scenario->pre_allocated_vus,
                       (long long)scenario->max_vus);
    scenario->vus = scenario->max_vus;
    scenario->duration_ns = stages_duration(&scenario->stages);
    if (scenario->time_unit_ns == 0)
        return err_set(err, "option 'timeUnit' must be longer than 0s");
    double per_second = 1e9 / (double)scenario->time_unit_ns;
    scenario->stages.start *= per_second;
    for (unsigned i = 0; i < scenario->stages.n; i++)
        scenario->stages.all[i].target *= per_second;
    if (stages_greatest(&scenario->stages) > 1e7)
        return err_set(err, "the rate must not be above 10,000,000/s");
    return true;
}

static struct results *results_of(const struct arrival *arrival)
{
    return &arrival->run->generator->results;
}

static int64_t due_ns(const struct arrival *arrival)
{
    const struct scenario_run *run = arrival->run;
    int64_t at_ns = stages_when(&run->scenario->stages, (double)arrival->next);
    return run->start_ns + (at_ns < 0 ? run->scenario->duration_ns : at_ns);
}

/* Goes on to the next iteration of the share. */
static void step_schedule(struct arrival *arrival)
{
    arrival->next += arrival->run->n_shares;
    if (arrival->next < arrival->n_all)
        arrival->next_due_ns = due_ns(arrival);
}

static bool arrival_is_due(const struct arrival *arrival, int64_t now_ns)
{
    return arrival->next < arrival->n_all && arrival->next_due_ns <= now_ns;
}

static bool drops(const struct arrival *arrival)
{
    return arrival->run->scenario->overload == OVERLOAD_DROP;
}

static void drop_due(struct arrival *arrival)
{
    struct tags tags = scenario_tags(arrival->run);
    arrival->n_dropped++;
    metrics_add(&results_of(arrival)->metrics, METRIC_DROPPED_ITERATIONS, 1,
                &tags);
    step_schedule(arrival);
}

/* Warns once that a virtual user was missing. */
static void warn_of_missing_vus(struct arrival *arrival)
{
    const struct scenario *scenario = arrival->run->scenario;
    if (arrival->warned)
        return;
    arrival->warned = true;
    log_write(
        LOG_WARN, "insufficient_vus",
        LOG_FIELDS(log_text("scenario", scenario->name),
                   log_integer("max_vus", scenario->max_vus),
                   log_text("note", drops(arrival) ? "iterations are dropped"
                                                   : "iterations begin late")));
}

/* Sets the alarm for the next iteration. If iterations are queued and no
 * virtual user is free, no alarm is needed: the next virtual user that is free
 * begins the iteration. */
static void arm_alarm(struct arrival *arrival, int64_t now_ns)
{
    arrival->armed =
        arrival->next < arrival->n_all && (arrival->free || drops(arrival));
    if (!arrival->armed)
        return;
    int64_t at_ns = arrival->next_due_ns;
    if (at_ns < now_ns + SPACING_NS)
        at_ns = now_ns + SPACING_NS;
    alarm_set(&arrival->alarm, at_ns);
}

/* Begins the iteration that is due with a free virtual user. */
static void begin_due(struct arrival *arrival, int64_t now_ns)
{
    struct vu *vu = arrival->free;
    struct tags tags = scenario_tags(arrival->run);
    arrival->free = vu->next_free;
    vu->due_ns = arrival->next_due_ns;
    metrics_add(&results_of(arrival)->metrics, METRIC_PACING_LAG,
                (double)(now_ns - vu->due_ns) / 1e6, &tags);
    step_schedule(arrival);
    scenario_begin(arrival->run, vu);
}

/* Begins or drops the iterations that are due. */
static void on_alarm(void *ctx)
{
    struct arrival *arrival = ctx;
    int64_t now_ns;
    while (arrival_is_due(arrival, now_ns = clock_mono_ns())) {
        if (arrival->free) {
            begin_due(arrival, now_ns);
            continue;
        }
        warn_of_missing_vus(arrival);
        if (!drops(arrival))
            break;
        drop_due(arrival);
    }
    arm_alarm(arrival, now_ns);
    generator_check_end(arrival->run->generator);
}

bool arrival_open(struct scenario_run *run, struct err *err)
{
    const struct stages *stages = &run->scenario->stages;
    struct arrival *arrival = calloc(1, sizeof *arrival);
    if (!arrival)
        return err_set(err, "out of memory");
    if (!alarm_open(&arrival->alarm, run->timer.loop, on_alarm, arrival, err)) {
        free(arrival);
        return false;
    }
    arrival->run = run;
    arrival->next = run->share;
    arrival->next_due_ns = INT64_MAX;
    arrival->n_all =
        (int64_t)ceil(stages_area(stages, stages_duration(stages)) - SLACK);
    for (uint32_t i = run->n_vus; i-- > 0;) {
        run->vus[i].next_free = arrival->free;
        arrival->free = &run->vus[i];
    }
    run->plan = arrival;
    return true;
}

void arrival_start(struct scenario_run *run)
{
    struct arrival *arrival = run->plan;
    arrival->next_due_ns = due_ns(arrival);
    on_alarm(arrival);
}

/* A virtual user has become free: it begins an iteration that is due, or goes
 * onto the stack of the free ones. */
bool arrival_next(struct scenario_run *run, struct vu *vu)
{
    struct arrival *arrival = run->plan;
    int64_t now_ns = clock_mono_ns();
    if (arrival_is_due(arrival, now_ns)) {
        if (!arrival->armed)
            warn_of_missing_vus(arrival); /* an iteration has waited for it */
        vu->due_ns = arrival->next_due_ns;
        step_schedule(arrival);
        return true;
    }
    vu->next_free = arrival->free;
    arrival->free = vu;
    if (!arrival->armed)
        arm_alarm(arrival, now_ns);
    return false;
}

bool arrival_is_done(const struct scenario_run *run)
{
    const struct arrival *arrival = run->plan;
    return arrival->next >= arrival->n_all;
}

/* Drops the iterations that are due. Their delay so far counts as latency,
 * because they would have waited longer. */
void arrival_stop(struct scenario_run *run)
{
    struct arrival *arrival = run->plan;
    struct tags tags = scenario_tags(run);
    int64_t now_ns = clock_mono_ns();
    alarm_clear(&arrival->alarm);
    for (; arrival_is_due(arrival, now_ns); drop_due(arrival))
        metrics_add(&results_of(arrival)->metrics, METRIC_HTTP_REQ_LATENCY,
                    (double)(now_ns - arrival->next_due_ns) / 1e6, &tags);
    arrival->next = arrival->n_all;
}

/* Returns the number of iterations that the schedule has reached and that have
 * not begun. */
static uint64_t count_late(const struct arrival *arrival)
{
    const struct scenario_run *run = arrival->run;
    int64_t now_ns = clock_mono_ns();
    if (!arrival_is_due(arrival, now_ns))
        return 0;
    double n_due = stages_area(&run->scenario->stages, now_ns - run->start_ns);
    return (uint64_t)fmax(1, (n_due - (double)arrival->next) /
                                 (double)run->n_shares);
}

void arrival_read_status(const struct scenario_run *run,
                         struct scenario_status *status)
{
    const struct arrival *arrival = run->plan;
    status->n_active = run->n_busy;
    status->n_dropped = arrival->n_dropped;
    status->n_late = count_late(arrival);
}

static void free_arrival(uv_handle_t *handle)
{
    free(container_of(handle, struct arrival, alarm.poll));
}

void arrival_close(struct scenario_run *run)
{
    struct arrival *arrival = run->plan;
    alarm_close(&arrival->alarm, free_arrival);
}
