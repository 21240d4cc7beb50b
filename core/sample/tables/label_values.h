/* label_values.h -- what labels from outside, scripts' and clients', may be
 * called, and keeps their values few: a cumulative profile has an entry for
 * each, for ever. [any thread, not in a handler]
 */
#ifndef SAMPLE_TABLES_LABEL_VALUES_H
#define SAMPLE_TABLES_LABEL_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* The first so many values of a key are kept, so many keys, and so many sets
 * of labels of all kinds. */
enum {
    LABEL_VALUES_MAX = 100,
    LABEL_KEYS_MAX = 32,
    LABEL_SETS_MAX = 20000,
};

/* In bytes. */
enum { LABEL_KEY_MAX_BYTES = 64, LABEL_VALUE_MAX_BYTES = 128 };

/* Is it the name of a label that the program itself sets? */
bool label_key_is_reserved(const char *key);

/* The value itself, or "other" if it is one too many. What is returned is
 * `value` or a constant. */
const char *label_values_bound(const char *key, const char *value);

/* labels_add with that value; the set as it is, where the key or the set
 * that would come of it is one too many. */
uint32_t label_values_add(uint32_t labels, const char *key, const char *value);

#endif
