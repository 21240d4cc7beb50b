/* pprof_plan.h -- reads from a request's query which profile is wanted.
 *
 * Path: pprof.c -> [pprof_plan] -> capture.c
 */
#ifndef PPROF_PPROF_PLAN_H
#define PPROF_PPROF_PLAN_H

#include "pprof/capture.h"

/* Returns false and sets err, a message for the client, if a value is wrong.
 * Some wrong values count as the default, as in Go (docs/HTTP.md). Parameters
 * that are unknown or for other kinds are ignored, as in Go, except slower_than
 * and those that refuse_parameters_of_samples names. The format is not looked
 * up here: capture.c finds the exporter. The caller frees plan->options in
 * either case, or has capture_start take it. */
bool pprof_plan(struct MHD_Connection *connection,
                const struct profile_kind *kind, int n_workers,
                struct capture_plan *plan, struct err *err);

#endif
