/* pprof.h -- the endpoints below /debug/pprof/, as Go's net/http/pprof has
 * them on the wire, with `format=NAME` and `rate=HZ` besides.
 *
 * Path: admin.c -> [pprof] -> capture.c
 */
#ifndef PPROF_PPROF_H
#define PPROF_PPROF_H

#include "pprof/capture.h"

/* Answer a request whose path is /debug/pprof or below. */
void pprof_start(struct captures *captures, struct request *request);

/* The same for another path of the wall profile. */
void pprof_start_wall(struct captures *captures, struct request *request);

#endif
