/* checks.h -- counts passed and failed checks by group.
 *
 * Names come from scripts, which may make up a new name at any time. Beyond
 * 1,000 groups or checks the rest is counted as `other`.
 *
 * Path: load/module_loadtest.c -> [checks] -> results.c
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
    uint32_t
        merged_into; /* position in the whole test's checks, or INDEX_NONE */
};

struct check_group {
    uint32_t parent;
    char *name; /* "" for the root */
    uint32_t
        merged_into; /* position in the whole test's groups, or INDEX_NONE */
};

struct checks {
    struct check *checks; /* in order of appearance */
    uint32_t n_checks, cap_checks;
    struct check_group *groups;
    uint32_t n_groups, cap_groups;
    struct index check_index, group_index;
    bool overflowed; /* something was counted as `other` */
};

/* Returns false if out of memory. checks_fini must be called in both cases. */
bool checks_init(struct checks *checks);
void checks_fini(struct checks *checks);

/* Returns the group `name` within `parent`, CHECKS_ROOT if out of memory. */
uint32_t checks_group(struct checks *checks, uint32_t parent, const char *name,
                      size_t n);

/* Adds the counts of `from` to `into` and sets them to zero in `from`, whose
 * names stay. Names are matched once, so `from` must always be merged into the
 * same `into`. Returns false if out of memory; counts without room stay in
 * `from`. */
bool checks_merge(struct checks *into, struct checks *from);

/* Counts one check. */
void checks_count(struct checks *checks, uint32_t group, const char *name,
                  size_t n, bool passed);

#endif
