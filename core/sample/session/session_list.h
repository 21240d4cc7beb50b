/* session_list.h -- the open sessions, as the collector sees them.
 * [collector_lock] throughout. */
#ifndef SAMPLE_SESSION_SESSION_LIST_H
#define SAMPLE_SESSION_SESSION_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sample/session/session.h"

struct sample;

bool session_list_is_empty(void);
unsigned session_list_n(void); /* without probes */

/* One sample of the thread `tid` for every open session of its kind, with its
 * stack, leaf first, as ids of frames.h. */
void session_list_add(const uint32_t *frames, unsigned n_frames,
                      const struct sample *sample, enum session_kind kind,
                      pid_t tid);

#endif
