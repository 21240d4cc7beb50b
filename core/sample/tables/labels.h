/* labels.h -- sets of labels, interned for the life of the process.
 *
 * A label is a key and a value, such as route = "GET /data". A sample carries
 * the id of a set of labels, so setting the labels of a thread is one store
 * (context.h) and a signal handler can read them. Equal sets have equal ids. A
 * set is never freed: its values must be few (a route's pattern, not its path).
 * label_values.h bounds those that come from outside.
 *
 * Path: context.h, label_values.c -> [labels] -> sample.h, heap.c
 */
#ifndef SAMPLE_TABLES_LABELS_H
#define SAMPLE_TABLES_LABELS_H

#include <stdint.h>

/* All functions: [any thread, not in a handler] */

struct label {
    const char *key;
    const char *value;
};

/* Returns the id of a set of labels, or 0 if out of memory. Id 0 is the empty
 * set. The labels are copied. Only the first 16 labels are kept. */
uint32_t labels_intern(const struct label *labels, unsigned n);

/* Returns the set with one more label, or with another value of that label.
 * Returns the set as it is if it has 16 other labels already, or if out of
 * memory. */
uint32_t labels_add(uint32_t labels, const char *key, const char *value);

/* Adds a label as labels_add does, but makes no new set if there are `max_sets`
 * sets already: it then returns the set as it is. */
uint32_t labels_add_limited(uint32_t labels, const char *key, const char *value,
                            uint32_t max_sets);

/* Returns the labels of a set, sorted by key, and sets `*n` to their number.
 * Returns NULL for the empty set. The labels live for ever and do not change.
 */
const struct label *labels_get(uint32_t id, unsigned *n);

#endif
