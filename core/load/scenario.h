/* scenario.h -- a scenario while it runs: its virtual users, its start, its
 * end, and the graceful stop after it.
 */
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "load/config.h"

struct load;
struct vu;

struct scenario_run {
    const struct scenario *scenario;
    struct load *load;
    struct vu *vus;  /* scenario->vus of them */
    int64_t n_begun; /* iterations */
    unsigned n_busy; /* virtual users within an iteration */
    bool started;
    bool ending;      /* no iteration begins any more */
    uv_timer_t timer; /* for the start, then the end, then the grace */
};

/* Arm the start. The timer must be initialised, and the virtual users open. */
void scenario_arm(struct scenario_run *run);

/* May a free virtual user begin another iteration? Counts it when so. */
bool scenario_next(struct scenario_run *run);

/* A virtual user is free and stays so. */
void scenario_rest(struct scenario_run *run);

/* End now: iterations that run get the graceful stop. */
void scenario_stop(struct scenario_run *run);

/* Has it ended, with no iteration running? */
bool scenario_is_over(const struct scenario_run *run);

#endif
