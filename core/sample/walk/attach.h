/* attach.h -- begins and ends the watching of the calling thread.
 *
 * Each thread that runs Lua in a server, in `perilune run` or for thread.spawn,
 * the admin thread and the exporter thread call attach_thread first and
 * detach_thread last. Threads of libuv's pool call them around the load of
 * scripts and exporters. The collector and the threads of `perilune load` do
 * not. In between the thread has a record (thread.h) and a ring, and its CPU
 * and wall time is sampled while a session is open.
 *
 * Threads that libraries make are watched too, from their begin to their end
 * (hooks/thread_create.c). For such a thread attach_thread and detach_thread
 * only say that it works for the program in between. Not watched are threads
 * that are made before sampler_init returns, the profiler's own, and threads
 * that are made without pthread_create.
 *
 * Path: [attach] -> thread.c
 */
#ifndef SAMPLE_WALK_ATTACH_H
#define SAMPLE_WALK_ATTACH_H

#include <stdbool.h>

#include "base/err.h"

/* Watches the calling thread from now on. `worker` is the value of the label
 * `worker` that the thread's samples carry until context_set_labels or
 * context_switch sets other labels; NULL means no label. Returns false and sets
 * err if memory is short. Called after sampler_init. In a forked child it does
 * nothing and returns true. */
bool attach_thread(const char *worker, struct err *err);

/* Watch the calling thread, if that is possible, until its end. Called by
 * hooks/thread_create.c when a thread begins and ends. */
void attach_foreign_thread(void);
void detach_foreign_thread(void);

/* Stops watching the calling thread, unless it is watched until its end. The
 * collector frees the thread's record, with its ring and its table of
 * functions, once it has read the last samples. Does nothing on a thread that
 * is not watched. */
void detach_thread(void);

#endif
