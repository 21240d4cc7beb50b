/* arrival.h -- the open model: iterations begin at times that do not depend on
 * how fast the target answers. So a slow answer delays no later iteration, and
 * latencies do not suffer from "coordinated omission".
 *
 * Iteration i, counted from 0, is due when the integral of the rate reaches i.
 * With a constant rate that is i / rate after the start of the scenario. All
 * generators follow one schedule: share s of n begins the iterations s, s + n,
 * s + 2n and so on. An iteration that is due begins if a virtual user is free.
 * The alarm rings at most every 50 us, so iterations that are due within 50 us
 * begin together; the metric pacing_lag has this delay. If no virtual user is
 * free, the scenario's option `overload` decides:
 *
 *   queue   the iteration begins late, when a virtual user is free
 *           (arrival_next). scenario_next counts it as begun, and vu_count adds
 *           its delay to the http_req_latency of each of its requests. Until
 *           then it counts as late in scenario_status.n_late.
 *   drop    the iteration never begins and counts in dropped_iterations, as
 *           in k6.
 *
 * Path: executor_constant_arrival_rate.c, executor_ramping_arrival_rate.c ->
 * [arrival] -> alarm.c, stages.c -> scenario.c, vu.c
 */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <stdbool.h>

#include "base/err.h"

struct scenario;
struct scenario_run;
struct scenario_status;
struct vu;

/* Checks the options that both executors have, and sets scenario->vus, the
 * duration and the rates per second. The caller has set scenario->stages to the
 * rate per `timeUnit`. Returns false and sets err, which names the option, if a
 * value is missing or wrong. */
bool arrival_check(struct scenario *scenario, struct err *err);

/* The functions of struct executor (executor.h) for both executors. */
bool arrival_open(struct scenario_run *run, struct err *err);
void arrival_start(struct scenario_run *run);
bool arrival_next(struct scenario_run *run, struct vu *vu);
bool arrival_is_done(const struct scenario_run *run);
void arrival_stop(struct scenario_run *run);
void arrival_read_status(const struct scenario_run *run,
                         struct scenario_status *status);
void arrival_close(struct scenario_run *run);

#endif
