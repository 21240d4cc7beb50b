/* scenario.h -- a generator's share of a scenario while it runs: its virtual
 * users, its start, its end, and the graceful stop after it.
 *
 * The virtual users of a scenario are dealt out to the generators as cards
 * are: the one with position p, from 0, is the (p / n_shares)-th of the share
 * p % n_shares; and so are the iterations of an open model.
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

struct scenario_run {
    const struct scenario *scenario;
    struct generator *generator;
    unsigned share, n_shares;
    _Atomic int64_t *n_taken; /* iterations, by all shares together, where
                                 they share them */
    struct vu *vus;
    uint32_t n_vus;
    uint64_t n_begun;    /* iterations */
    uint32_t n_busy;     /* virtual users within an iteration */
    int64_t start_ns;    /* once it has started */
    int64_t deadline_ns; /* when what still runs is interrupted */
    bool started;
    bool ended;       /* its duration is over */
    bool stopped;     /* no iteration begins any more */
    uv_timer_t timer; /* for the start, then the end, then the grace */
    void *plan;       /* the executor's own */
};

/* What can be seen of it from outside. */
struct scenario_status {
    uint32_t n_vus;     /* made */
    uint32_t n_active;  /* that iterate now, or would at once */
    uint64_t n_begun;   /* iterations */
    uint64_t n_late;    /* that are due and wait for a virtual user */
    uint64_t n_dropped; /* that never began */
};

/* Make what the executor needs. The timer must be initialised, and closed
 * later by scenario_close. False and err: it cannot run. */
bool scenario_open(struct scenario_run *run, struct err *err);

/* Its time begins at `start_ns` of the monotonic clock, plus its startTime.
 * The virtual users must be open. */
void scenario_arm(struct scenario_run *run, int64_t start_ns);

/* Of what is recorded for it outside of all groups. */
struct tags scenario_tags(const struct scenario_run *run);

/* May a free virtual user begin another iteration now? Counts it when so. */
bool scenario_next(struct scenario_run *run, struct vu *vu);

/* The executor begins one itself, with a virtual user that is free. */
void scenario_begin(struct scenario_run *run, struct vu *vu);

/* A virtual user is free and stays so for now. */
void scenario_rest(struct scenario_run *run);

/* Begin no iteration any more; those that run have `grace_ns`. */
void scenario_stop(struct scenario_run *run, int64_t grace_ns);

/* Will none begin any more, and does none run? */
bool scenario_is_over(const struct scenario_run *run);

void scenario_read_status(const struct scenario_run *run,
                          struct scenario_status *status);

/* Let go of what the executor has; the loop must run after it. */
void scenario_close(struct scenario_run *run);

#endif
