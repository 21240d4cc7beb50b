/* label_values.h -- keeps the values of labels that scripts set few: a
 * cumulative profile has an entry for each, for ever. [any thread, not in a
 * handler]
 */
#ifndef SAMPLE_LABEL_VALUES_H
#define SAMPLE_LABEL_VALUES_H

/* The first so many values of a key are kept, and so many keys. */
enum { LABEL_VALUES_MAX = 100, LABEL_KEYS_MAX = 32 };

/* The value itself, or "other" if it is one too many. What is returned is
 * `value` or a constant. */
const char *label_values_bound(const char *key, const char *value);

#endif
