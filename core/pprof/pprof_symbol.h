/* pprof_symbol.h -- names of addresses, as pprof asks /debug/pprof/symbol for
 * them.
 *
 * A body has room for a million addresses, and each may take 0.2 ms, so a
 * thread of libuv's pool looks them up: the loop answers others meanwhile.
 *
 * Path: pprof.c -> [pprof_symbol] -> sample/platform/symbolize.c
 */
#ifndef PPROF_PPROF_SYMBOL_H
#define PPROF_PPROF_SYMBOL_H

#include <uv.h>

struct request;

/* Answers the request later, and uses request->data until then. [the loop's
 * thread] */
void pprof_symbol_start(uv_loop_t *loop, struct request *request);

/* Gives up a request that is over, answered or not. Does nothing if the request
 * has no look-up. */
void pprof_symbol_end(struct request *request);

#endif
