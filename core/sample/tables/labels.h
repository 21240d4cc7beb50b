/* labels.h -- sets of labels, interned for the life of the process. A sample
 * carries an id; sampler_intern_labels (sampler.h) makes one. */
#ifndef SAMPLE_TABLES_LABELS_H
#define SAMPLE_TABLES_LABELS_H

#include <stdint.h>

#include "sample/session/sampler.h"

/* The labels of a set and their number; id 0 has none. What is returned lives
 * for ever and does not change. [any thread, not in a handler] */
const struct sampler_label *labels_get(uint32_t id, unsigned *n);

/* sampler_add_label, unless there are `max_sets` already and that would be one
 * more: the set as it is, then. */
uint32_t labels_add(uint32_t labels, const char *key, const char *value,
                    uint32_t max_sets);

#endif
