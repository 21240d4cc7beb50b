/* session_list.h -- the open sessions, as the collector sees them. Implemented
 * by session.c. The caller of each function holds collector_lock.
 *
 * Path: collector.c -> [session_list] -> session.c
 */
#ifndef SAMPLE_SESSION_SESSION_LIST_H
#define SAMPLE_SESSION_SESSION_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sample/session/session.h"

struct sample;

/* Returns true if no session is open. */
bool session_list_is_empty(void);

/* Returns the highest rate of the open sessions, in samples per second; 0 if no
 * session is open. */
int session_list_rate_hz(void);

/* Returns the number of open sessions, without probes. */
unsigned session_list_n(void);

/* Adds one sample of the thread `tid` to every open session of its kind.
 * `frames` is its stack as ids of frames.h, leaf first. `weight_ns` replaces
 * the sample's own. */
void session_list_add(const uint32_t *frames, unsigned n_frames,
                      const struct sample *sample, int64_t weight_ns,
                      enum session_kind kind, pid_t tid);

#endif
