/* pprof_index.h -- the page at /debug/pprof/: what there is, and how much of
 * it.
 *
 * Path: recording.c -> [pprof_index]
 */
#ifndef PPROF_PPROF_INDEX_H
#define PPROF_PPROF_INDEX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct goroutines;

/* Append the page, in HTML. False and err when out of memory. [any thread, not
 * a worker's] */
bool pprof_index_write(struct goroutines *goroutines, struct buf *html,
                       struct err *err);

#endif
