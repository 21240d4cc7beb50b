/* pprof.h -- finds the endpoint of a path below /debug/pprof/. On the wire the
 * endpoints are those of Go's net/http/pprof, with more parameters.
 *
 * Path: admin.c -> [pprof] -> capture.c
 */
#ifndef PPROF_PPROF_H
#define PPROF_PPROF_H

#include "pprof/capture.h"

/* Answers a request whose path is /debug/pprof or below. */
void pprof_start(struct captures *captures, struct request *request);

/* Answers a request for a wall profile, by whatever path it came. */
void pprof_start_wall(struct captures *captures, struct request *request);

#endif
