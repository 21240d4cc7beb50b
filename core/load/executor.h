/* executor.h -- the interface of an executor, which decides when a virtual user
 * begins another iteration.
 *
 * An iteration begins in one of two ways:
 *
 *   closed model  a virtual user is free: vu_advance -> scenario_next ->
 *                 executor->next returns true -> vu_begin
 *   open model    the time of an iteration has come and a virtual user rests:
 *                 the executor's alarm -> scenario_begin -> vu_begin. An
 *                 iteration that is late begins as in the closed model, when
 *                 a virtual user is free.
 *
 * Once the scenario is stopped, scenario_next begins no iteration, and `stop`
 * has cleared the alarm. scenario_next and scenario_begin count the iterations
 * that begin.
 *
 * scenario.c handles the life of a scenario (start, end, graceful stop) for all
 * executors. A new executor is a file executor_NAME.c with a struct executor, a
 * declaration below, and a line in the list of executor.c. An option that no
 * other executor has also gets a field in struct scenario (config.h) and a line
 * in the table of config_read.c. The other files that name an executor are
 * config.c for the shorthand, hook.c for setup and teardown, and live_state.c
 * and report_table.c, which show how many iterations are planned.
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
    const char *name;           /* k6's name */
    const char *const *options; /* the options that this executor takes
                                   beyond those of every scenario; ends with
                                   NULL */

    /* Checks that the scenario is complete and consistent, and sets the values
     * that follow from its options: the number of virtual users and the
     * duration. Returns false and sets err, which names the option, if
     * something is missing or wrong. [main thread] */
    bool (*check)(struct scenario *scenario, struct err *err);

    /* True if iterations that are due when the duration ends may still begin
     * during the graceful stop (the open model). */
    bool drains;

    /* Makes run->plan, the executor's own data, before the run. Returns false
     * and sets err if it cannot. NULL if the executor has no data.
     * [main thread] */
    bool (*open)(struct scenario_run *run, struct err *err);

    /* Called when the scenario begins. If NULL, each virtual user asks for an
     * iteration with `next`. [generator's thread, as all below] */
    void (*start)(struct scenario_run *run);

    /* Called when a virtual user is free. Returns true if the virtual user
     * begins an iteration now. After false the virtual user rests until the
     * executor calls vu_wake or scenario_begin for it. */
    bool (*next)(struct scenario_run *run, struct vu *vu);

    /* Returns true if no iteration is left to begin. NULL if only the end of
     * the duration ends the scenario. */
    bool (*is_done)(const struct scenario_run *run);

    /* Called once, when no iteration may begin any more. May be NULL. */
    void (*stop)(struct scenario_run *run);

    /* Sets the fields of `status` for which the default, that all virtual users
     * are active, is wrong. May be NULL. */
    void (*read_status)(const struct scenario_run *run,
                        struct scenario_status *status);

    /* Frees run->plan, at once or when the loop has run. NULL if `open` is
     * NULL. [main thread] */
    void (*close)(struct scenario_run *run);
};

extern const struct executor executor_shared_iterations;
extern const struct executor executor_per_vu_iterations;
extern const struct executor executor_constant_vus;
extern const struct executor executor_ramping_vus;
extern const struct executor executor_constant_arrival_rate;
extern const struct executor executor_ramping_arrival_rate;

/* Returns the executor of this name, or NULL if there is none. */
const struct executor *executor_find(const char *name);

/* Writes the names of all executors to `out`: "shared-iterations,
 * per-vu-iterations, ...". */
void executor_names(char *out, size_t size);

#endif
