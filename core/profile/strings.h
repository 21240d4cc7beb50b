/* strings.h -- interned strings: equal strings have one id. Ids count from 0,
 * and id 0 is "". A string may contain NUL, and each is stored with a NUL
 * behind it.
 *
 * Path: profile.c -> [strings]
 */
#ifndef PROFILE_STRINGS_H
#define PROFILE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/index.h"

struct strings {
    struct buf bytes;
    size_t *ends; /* offset in bytes of each string's end, before its NUL */
    uint32_t n, n_allocated;
    struct index index;
};

/* Makes a table that holds "". Returns false if out of memory. */
bool strings_init(struct strings *strings);
void strings_fini(struct strings *strings);

/* Returns the id of the string, INDEX_NONE if out of memory. */
uint32_t strings_add(struct strings *strings, const char *s, size_t len);

/* Returns the string, which is valid until the next strings_add. Sets `*len`
 * unless `len` is NULL. */
const char *strings_get(const struct strings *strings, uint32_t id,
                        size_t *len);

#endif
