/* attach.h -- begins and ends the watching of the calling thread.
 *
 * Every thread of the program calls attach_thread first and detach_thread last.
 * A thread of a library, which does not, has no CPU samples; its allocations
 * and waits are recorded with their native frames only.
 */
#ifndef SAMPLE_WALK_ATTACH_H
#define SAMPLE_WALK_ATTACH_H

#include <stdbool.h>

#include "base/err.h"

/* Watches the calling thread from now on. `worker` is the value of the label
 * `worker` that the thread's samples carry until context_set_labels or
 * context_switch sets other labels; NULL means no label. Returns false and sets
 * err if memory is short or a timer cannot be made. */
bool attach_thread(const char *worker, struct err *err);

/* Stops watching the calling thread. The collector frees what the sampler
 * keeps of the thread once its last samples are read. Does nothing on a thread
 * that is not watched. */
void detach_thread(void);

#endif
