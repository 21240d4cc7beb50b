/* arrival.h -- the open model: iterations begin at times that do not depend on
 * how fast the target answers.
 *
 * Iteration i, from 0, is due when the integral of the rate has come to i, on
 * one schedule for all generators. It begins then if a virtual user is free.
 * If none is, the scenario's `overload` says what becomes of it: `queue`: it
 * begins late, when one is free, and its lateness counts in http_req_latency;
 * `drop`: never, and is counted in dropped_iterations, as in k6.
 *
 * Path: executor_*_arrival_rate.c -> [arrival] -> alarm.c, vu.c
 */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <stdbool.h>

#include "base/err.h"

struct scenario;
struct scenario_run;
struct scenario_status;
struct vu;

/* What both executors have in common; scenario->stages is the rate. */
bool arrival_check(struct scenario *scenario, struct err *err);

/* The functions of struct executor. */
bool arrival_open(struct scenario_run *run, struct err *err);
void arrival_start(struct scenario_run *run);
bool arrival_next(struct scenario_run *run, struct vu *vu);
bool arrival_is_done(const struct scenario_run *run);
void arrival_stop(struct scenario_run *run);
void arrival_read_status(const struct scenario_run *run,
                         struct scenario_status *status);
void arrival_close(struct scenario_run *run);

#endif
