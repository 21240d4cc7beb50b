/* label_values.h -- bounds the labels that come from scripts and from clients.
 *
 * A cumulative profile keeps an entry per set of labels for the life of the
 * process, so a label with an unbounded number of values would use all memory.
 * The first values of a key are kept; later values become "other". The labels
 * that the program sets itself (labels.h) have few values and need no bound.
 *
 * Path: the modules and handlers that set labels -> [label_values] -> labels.c
 */
#ifndef SAMPLE_TABLES_LABEL_VALUES_H
#define SAMPLE_TABLES_LABEL_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* All functions: [any thread, not in a handler] */

enum {
    LABEL_VALUES_MAX = 100, /* values kept per key */
    LABEL_KEYS_MAX = 32,    /* keys of scripts and clients */
    LABEL_SETS_MAX = 20000, /* sets of labels, the program's own included */
};

/* Limits that callers enforce, in bytes without the NUL. */
enum { LABEL_KEY_MAX_BYTES = 64, LABEL_VALUE_MAX_BYTES = 128 };

/* Returns true if the program itself sets labels with this key. */
bool label_key_is_reserved(const char *key);

/* Returns `value`, or a constant "other" if the key or the value is beyond the
 * limits above. */
const char *label_values_bound(const char *key, const char *value);

/* Returns the id of the set `labels` with one more label, whose value is
 * bounded as above. Returns `labels` itself if the key or the new set is beyond
 * the limits, or if out of memory. */
uint32_t label_values_add(uint32_t labels, const char *key, const char *value);

#endif
