/* sampler.h -- starts everything that sampling needs: the signal handlers, the
 * map of the program's own code, the self-tests, the collector thread and the
 * sampling of allocations.
 *
 * What a self-test refuses is logged and stays off; profiles are then less
 * exact, and say so. A child after fork has no collector and never samples.
 */
#ifndef SAMPLE_SESSION_SAMPLER_H
#define SAMPLE_SESSION_SAMPLER_H

#include <stdbool.h>

#include "base/err.h"

/* Starts the sampler. Returns false and sets err if memory is short, a signal
 * handler cannot be installed or the collector thread cannot be started.
 * Called once, from main, before any other thread starts and any Lua state is
 * made. */
bool sampler_init(struct err *err);

#endif
