/* top.h -- what each function used: itself (flat), with all that it calls
 * (cumulative), and as a script sees it (own).
 *
 * Functions are told apart by name, as `go tool pprof -top` does; one that is
 * on a stack more than once counts once there. `own` is flat, and for a
 * function of a script, or a C function that the script calls by its name
 * (string.format), also what native code did for it without calling back:
 * flat alone goes to memmove, and a hot string.format has none. Such functions
 * are known by their locations: they have no mapping, and no address that a
 * process could have mapped (sample/locations.c). In a profile of a program
 * without a script own and flat are equal.
 *
 * Path: pprof_read.c -> [top] -> load/
 */
#ifndef PROFILE_TOP_H
#define PROFILE_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct profile;

struct top_entry {
    const char *name; /* the profile's, or "0x..." where it has none */
    int64_t flat, own, cum;
};

struct top {
    struct top_entry *entries; /* falling by own, flat, cum; then by name */
    uint32_t n;
    int64_t total;
    char (*addresses)[24]; /* of functions without a name */
};

/* Which samples count: all, or those whose label `key` is the string `value`.
 */
struct top_filter {
    const char *key; /* NULL: all */
    const char *value;
};

/* Of the sample type at `type`, from 0. The profile must stay as long as what
 * is built. False and err: out of memory, and nothing to fini. */
bool top_build(struct top *top, const struct profile *profile, uint32_t type,
               struct top_filter filter, struct err *err);
void top_fini(struct top *top);

/* NULL: no function of this name is in it. */
const struct top_entry *top_find(const struct top *top, const char *name);

/* A part of the total, from 0 to 1; 0 when that is 0. */
double top_share(const struct top *top, int64_t part);

#endif
