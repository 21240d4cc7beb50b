/* checks.h -- what checks passed and failed, by group.
 *
 * Names come from scripts and may be made up at run time: beyond 1,000 groups
 * or checks all others are counted as `other`.
 */
#ifndef MEASURE_CHECKS_H
#define MEASURE_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/index.h"

#define CHECKS_MAX 1000
#define CHECKS_ROOT 0 /* the group outside of all groups */

struct check {
    uint32_t group;
    uint64_t n_passed, n_failed;
    char *name;
    uint32_t merged_into; /* position in the whole test's, or INDEX_NONE */
};

struct check_group {
    uint32_t parent;
    char *name;           /* "" for the root */
    uint32_t merged_into; /* as above */
};

struct checks {
    struct check *checks; /* sorted by nothing: in order of appearance */
    uint32_t n_checks, cap_checks;
    struct check_group *groups;
    uint32_t n_groups, cap_groups;
    struct index check_index, group_index;
    bool overflowed; /* something went to `other` */
};

/* False when out of memory; fini it either way. */
bool checks_init(struct checks *checks);
void checks_fini(struct checks *checks);

/* The group `name` within `parent`. CHECKS_ROOT when out of memory. */
uint32_t checks_group(struct checks *checks, uint32_t parent, const char *name,
                      size_t n);

/* Add all of `from` to `into` and set `from` to zero; its names stay. They are
 * matched once: `from` must always be merged into the same one. False when out
 * of memory: what found no room is still in `from`. */
bool checks_merge(struct checks *into, struct checks *from);

/* Count one. */
void checks_count(struct checks *checks, uint32_t group, const char *name,
                  size_t n, bool passed);

#endif
