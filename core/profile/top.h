/* top.h -- the functions of a profile with their flat, own and cumulative
 * values.
 *
 *   flat   the function itself was running
 *   cum    the function was anywhere on the stack
 *   own    flat, plus what native code did for a script's function
 *
 * Functions are told apart by name, as in `go tool pprof -top`; a function that
 * is on a stack more than once counts once there. `own` answers the question
 * which part of a script is slow: without it the time of a hot string.format
 * stands on memmove. `own` of a Lua function, or of a C function that Lua calls
 * by name, also holds the values of native frames above it that no other such
 * function called. The location of a Lua function has no mapping and no address
 * that a process can map (sample/build/locations.c). A C function that Lua
 * calls by name has a symbol of another name. In a profile without a script,
 * own equals flat.
 *
 * Path: pprof_read.c -> [top] -> target/, report/
 */
#ifndef PROFILE_TOP_H
#define PROFILE_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct profile;

struct top_entry {
    const char *name; /* "0x..." for a location without a function */
    int64_t flat, own, cum;
};

struct top {
    struct top_entry
        *entries; /* sorted by own, flat, cum, descending; then name */
    uint32_t n;
    int64_t total;
    char (*addresses)[24]; /* the names "0x..." */
};

/* Selects all samples, or those whose label `key` has the value `value`. */
struct top_filter {
    const char *key; /* NULL selects all samples */
    const char *value;
};

/* Sums the values of the sample type number `type`, from 0. The profile must
 * outlive `top`. Returns false and sets err if out of memory; then there is
 * nothing to fini. */
bool top_build(struct top *top, const struct profile *profile, uint32_t type,
               struct top_filter filter, struct err *err);
void top_fini(struct top *top);

/* Returns the entry of the function `name`, NULL if there is none. */
const struct top_entry *top_find(const struct top *top, const char *name);

/* Returns part / total, or 0 if the total is 0. */
double top_share(const struct top *top, int64_t part);

#endif
