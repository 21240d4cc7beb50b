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

#include "base/err.h"

struct scenario;
struct scenario_run;

struct executor {
    const char *name;           /* k6's */
    const char *const *options; /* beyond those that all have; NULL-ended */

    /* Is the scenario complete and consistent? err names the option. */
    bool (*check)(const struct scenario *scenario, struct err *err);

    /* A virtual user is free, and the scenario is within its duration: shall
     * it begin an iteration? False: never again. */
    bool (*next)(const struct scenario_run *run);
};

extern const struct executor executor_constant_vus;
extern const struct executor executor_shared_iterations;

/* NULL when there is none of this name. */
const struct executor *executor_find(const char *name);

/* "constant-vus, shared-iterations". */
void executor_names(char *out, size_t size);

#endif
