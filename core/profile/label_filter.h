/* label_filter.h -- keeps only the samples of a profile that carry given labels
 * (the query parameter `label=key:value`).
 *
 * Conditions on different keys must all hold. Several conditions on one key are
 * alternatives: one of the values is enough.
 *
 * Path: pprof/pprof_plan.c -> [label_filter] -> profile.c
 */
#ifndef PROFILE_LABEL_FILTER_H
#define PROFILE_LABEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct profile;

/* A struct of zeros keeps every sample. Plain data: may be copied, needs no
 * fini. */
struct label_filter {
    char text[512]; /* the conditions, "key:value", each with its NUL */
    size_t n_bytes;
};

/* Adds the condition that the label `key` has the value `value`. The value may
 * contain ":". Returns false and sets err if `key_value` is not of the form
 * "key:value", or if there is no room for another condition. */
bool label_filter_add(struct label_filter *filter, const char *key_value,
                      struct err *err);

/* Removes the samples that do not meet the conditions, and adds a comment to
 * the profile for each condition. Numeric labels are not compared. */
void label_filter_apply(const struct label_filter *filter,
                        struct profile *profile);

#endif
