/* pprof_plan.h -- reads from a request's query which profile is wanted.
 *
 * Path: pprof.c -> [pprof_plan] -> capture.c
 */
#ifndef PPROF_PPROF_PLAN_H
#define PPROF_PPROF_PLAN_H

#include "pprof/capture.h"

/* Returns false and sets err, a message for the client, if a parameter is wrong
 * or not for this kind. The caller frees plan->options in either case, or has
 * capture_start take it. */
bool pprof_plan(struct MHD_Connection *connection,
                const struct profile_kind *kind, int n_workers,
                struct capture_plan *plan, struct err *err);

#endif
