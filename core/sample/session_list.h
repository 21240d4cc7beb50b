/* session_list.h -- the open sessions, as the collector sees them.
 * [collector_lock] throughout. */
#ifndef SAMPLE_SESSION_LIST_H
#define SAMPLE_SESSION_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/session.h"

bool session_list_is_empty(void);
unsigned session_list_n(void); /* without probes */

/* One sample for every open session of its kind: its stack, leaf first, as ids
 * of frames.h; its labels, an id of labels.h; the time that it stands for. */
void session_list_add(const uint32_t *frames, unsigned n_frames,
                      uint32_t labels, int64_t weight_ns,
                      enum session_kind kind);

#endif
