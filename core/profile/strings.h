/* strings.h -- interned strings with ids from 0; id 0 is "". Strings may hold
 * NUL, and each is followed by one. Path: profile.c -> [strings] */
#ifndef PROFILE_STRINGS_H
#define PROFILE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/index.h"

struct strings {
    struct buf bytes;
    size_t *ends; /* of each string in bytes, its NUL not counted */
    uint32_t n, n_allocated;
    struct index index;
};

/* With "" in it. False when out of memory. */
bool strings_init(struct strings *strings);
void strings_fini(struct strings *strings);

/* The id of the string; INDEX_NONE when out of memory. */
uint32_t strings_add(struct strings *strings, const char *s, size_t len);

/* Good until the next add. */
const char *strings_get(const struct strings *strings, uint32_t id,
                        size_t *len);

#endif
