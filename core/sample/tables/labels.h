/* labels.h -- sets of labels, interned for the life of the process. A sample
 * carries an id. [any thread, not in a handler] */
#ifndef SAMPLE_TABLES_LABELS_H
#define SAMPLE_TABLES_LABELS_H

#include <stdint.h>

struct label {
    const char *key;
    const char *value;
};

/* Returns the id of a set of labels, 0 if out of memory. Equal sets get equal
 * ids, and ids live for ever: keep the values few (a route's pattern, not its
 * path). */
uint32_t labels_intern(const struct label *labels, unsigned n);

/* Returns the set with one more label, or with another value of that label.
 * Returns the set as it is if it has 16 other labels already, or if out of
 * memory. */
uint32_t labels_add(uint32_t labels, const char *key, const char *value);

/* The labels of a set and their number; id 0 has none. What is returned lives
 * for ever and does not change. [any thread, not in a handler] */
const struct label *labels_get(uint32_t id, unsigned *n);

/* labels_add, unless there are `max_sets` already and that would be one
 * more: the set as it is, then. */
uint32_t labels_add_limited(uint32_t labels, const char *key, const char *value,
                            uint32_t max_sets);

#endif
