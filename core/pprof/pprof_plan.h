/* pprof_plan.h -- reads what a request's query says of the profile it wants.
 *
 * Path: pprof.c -> [pprof_plan] -> capture.c
 */
#ifndef PPROF_PPROF_PLAN_H
#define PPROF_PPROF_PLAN_H

#include "pprof/capture.h"

/* False and err, for people: a parameter is wrong, or not for this kind. */
bool pprof_plan(struct MHD_Connection *connection,
                const struct pprof_kind *kind, int n_workers,
                struct capture_plan *plan, struct err *err);

#endif
