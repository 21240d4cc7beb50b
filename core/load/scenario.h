/* scenario.h -- a generator's share of a scenario while it runs: its virtual
 * users, its start, its end, and the graceful stop after the end.
 *
 *   scenario_arm -- startTime --> start -- duration --> end -- gracefulStop -->
 *                                                              interrupt
 *
 * The share is over earlier if its executor has no iteration left and none
 * runs. The virtual users of a scenario are dealt out to the generators like
 * cards: the virtual user at position p, from 0, is number p / n_shares of
 * share p % n_shares. The iterations of the open model are dealt out in the
 * same way.
 *
 * Called on the generator's thread, except scenario_open and scenario_close
 * (main thread).
 *
 * Path: generator.c -> [scenario] -> executor.h -> vu.c
 */
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "load/config.h"
#include "measure/tags.h"

struct generator;
struct vu;

/* A share while it runs. */
struct scenario_run {
    const struct scenario *scenario;
    struct generator *generator;
    unsigned share, n_shares;
    _Atomic int64_t *n_taken; /* iterations taken by all shares together, for
                                 shared-iterations */
    struct vu *vus;
    uint32_t n_vus;
    uint64_t n_begun;    /* iterations begun */
    uint32_t n_busy;     /* virtual users that are within an iteration */
    int64_t start_ns;    /* planned start on the monotonic clock; set by
                            scenario_arm */
    int64_t deadline_ns; /* when running iterations are interrupted; 0: not
                            started */
    bool started;
    bool ended;       /* the duration has passed */
    bool stopped;     /* no iteration may begin any more */
    uv_timer_t timer; /* used for the start, then the end, then the end of
                         the grace */
    void *plan;       /* data of the executor */
};

/* The state of a scenario or a share for the outside (live view, series). */
struct scenario_status {
    uint32_t n_vus;    /* virtual users that exist */
    uint32_t n_active; /* virtual users that iterate now, or would at once if
                          free */
    uint64_t n_begun;  /* iterations begun */
    uint64_t n_late;   /* iterations that are due and wait for a virtual user */
    uint64_t n_dropped; /* iterations that were due and never began */
};

/* Makes the data of the executor. The caller has initialised the timer;
 * scenario_close closes it. Returns false and sets err if the scenario cannot
 * run. */
bool scenario_open(struct scenario_run *run, struct err *err);

/* Plans the start of the scenario at `start_ns` of the monotonic clock plus its
 * startTime. The virtual users are open. */
void scenario_arm(struct scenario_run *run, int64_t start_ns);

/* Returns the tags of samples that are recorded outside of all groups. */
struct tags scenario_tags(const struct scenario_run *run);

/* Returns true, and counts the iteration, if the free virtual user begins
 * another iteration now. The executor decides. */
bool scenario_next(struct scenario_run *run, struct vu *vu);

/* Counts and begins an iteration with the free virtual user. Called by an
 * executor of the open model. */
void scenario_begin(struct scenario_run *run, struct vu *vu);

/* Reports that a virtual user is free and begins nothing for now: the phase may
 * be over. */
void scenario_rest(struct scenario_run *run);

/* Stops the scenario: no iteration begins any more, and running iterations are
 * interrupted after `grace_ns`. */
void scenario_stop(struct scenario_run *run, int64_t grace_ns);

/* Returns true if no iteration runs and none will begin. */
bool scenario_is_over(const struct scenario_run *run);

/* Sets `status` to the state of the share. */
void scenario_read_status(const struct scenario_run *run,
                          struct scenario_status *status);

/* Closes the timer and the data of the executor. The caller runs the loop
 * afterwards. */
void scenario_close(struct scenario_run *run);

#endif
