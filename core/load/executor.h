/* executor.h -- decides when a virtual user begins another iteration.
 *
 * One executor per file, behind this interface; executor.c lists them. The
 * scenario's life (start, end, graceful stop) is scenario.c's and the same
 * for all.
 *
 * Path: config.c -> scenario.c -> [executor] -> vu.c
 */
#ifndef LOAD_EXECUTOR_H
#define LOAD_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct scenario;
struct scenario_run;
struct scenario_status;
struct vu;

struct executor {
    const char *name;           /* k6's */
    const char *const *options; /* beyond those that all have; NULL-ended */

    /* Is the scenario complete and consistent? Sets what follows from its
     * options: the number of virtual users, the duration. err names the
     * option. */
    bool (*check)(struct scenario *scenario, struct err *err);

    /* What is due at the end of the duration may still begin after it. */
    bool drains;

    /* Make run->plan, before the run. May be NULL. */
    bool (*open)(struct scenario_run *run, struct err *err);

    /* The scenario begins. NULL: each virtual user asks for an iteration. */
    void (*start)(struct scenario_run *run);

    /* A virtual user is free: shall it begin an iteration now? False: it
     * rests, until the executor calls vu_advance or scenario_begin. */
    bool (*next)(struct scenario_run *run, struct vu *vu);

    /* NULL: none is done before the scenario ends. */
    bool (*is_done)(const struct scenario_run *run);

    /* No iteration begins any more. May be NULL. */
    void (*stop)(struct scenario_run *run);

    /* Set what is other than `all virtual users are active`. May be NULL. */
    void (*read_status)(const struct scenario_run *run,
                        struct scenario_status *status);

    /* Free run->plan, now or when the loop has run. May be NULL. */
    void (*close)(struct scenario_run *run);
};

extern const struct executor executor_shared_iterations;
extern const struct executor executor_per_vu_iterations;
extern const struct executor executor_constant_vus;
extern const struct executor executor_ramping_vus;
extern const struct executor executor_constant_arrival_rate;
extern const struct executor executor_ramping_arrival_rate;

/* NULL when there is none of this name. */
const struct executor *executor_find(const char *name);

/* "shared-iterations, per-vu-iterations, ...". */
void executor_names(char *out, size_t size);

#endif
