/* own_work.h -- stretches in which the calling thread works for the profiler
 * and not for the program that is profiled.
 *
 * A block that is allocated in such a stretch is marked in the heap profile
 * (tables/heap.h). The profile leaves such blocks out, or shows them under the
 * frame `(profiler)`: how much memory the profiler takes says nothing about the
 * program.
 *
 * Path: attach.c, collector.c, record/, export/ -> [own_work] -> heap.c
 */
#ifndef SAMPLE_PLATFORM_OWN_WORK_H
#define SAMPLE_PLATFORM_OWN_WORK_H

#include <stdbool.h>

/* Number of stretches that the calling thread is in; they nest. */
extern _Thread_local unsigned own_work_depth;

/* All functions: [any thread, not in a handler] */

/* Begins and ends a stretch of the calling thread. */
static inline void own_work_enter(void) { own_work_depth++; }
static inline void own_work_leave(void) { own_work_depth--; }

/* Returns true if the calling thread works for the profiler. */
static inline bool own_work_is_on(void) { return own_work_depth > 0; }

#endif
