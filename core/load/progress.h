/* progress.h -- what a person sees while the load runs: one line that is
 * redrawn on a terminal, a line now and then elsewhere. On stderr, so that
 * stdout has the summary alone.
 */
#ifndef LOAD_PROGRESS_H
#define LOAD_PROGRESS_H

#include <stdbool.h>

#include "load/load.h"

struct progress {
    bool terminal;
    uint64_t n_requests; /* at the last tick */
    int64_t last_ns;
};

/* Watch the run. `progress` must live as long as it. */
void progress_attach(struct progress *progress, struct load *load);

/* Clear the line, after the run. */
void progress_end(struct progress *progress);

#endif
