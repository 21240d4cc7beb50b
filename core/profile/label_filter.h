/* label_filter.h -- which samples of a profile are wanted, by their labels.
 *
 * Path: http/pprof.c -> [label_filter] -> profile.c
 */
#ifndef PROFILE_LABEL_FILTER_H
#define PROFILE_LABEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct profile;

/* A zeroed one wants all. Plain data. */
struct label_filter {
    char text[512]; /* "key:value", each with its NUL */
    size_t n_bytes;
};

/* Want samples whose label `key` is `value`; of a key that comes more than
 * once, one of its values. The value may hold ":". False and err: it is not of
 * the form "key:value", or there is no room. */
bool label_filter_add(struct label_filter *filter, const char *key_value,
                      struct err *err);

/* Take the samples that are not wanted out of the profile, and say so in its
 * comments. Only labels that are strings count. */
void label_filter_apply(const struct label_filter *filter,
                        struct profile *profile);

#endif
