/* profile_kind.h -- the kinds of profiles that a load test takes of its
 * target: their names in options and thresholds, where /debug/pprof has them,
 * and which of their values the report shows.
 */
#ifndef TARGET_PROFILE_KIND_H
#define TARGET_PROFILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum profile_kind_id {
    PROFILE_CPU,
    PROFILE_HEAP,
    PROFILE_ALLOCS,
    PROFILE_WALL,
    PROFILE_BLOCK,
    PROFILE_MUTEX,
    PROFILE_GOROUTINE,
    PROFILE_THREADCREATE,
    PROFILE_N_KINDS,
};

struct profile_kind {
    const char *name;
    const char *endpoint; /* below /debug/pprof/ */
    const char *type;     /* the sample type that is shown */
    bool is_snapshot;     /* of a moment; the others are of a window */
};

/* By id, in the order of reports. */
extern const struct profile_kind profile_kinds[PROFILE_N_KINDS];

/* Its id; PROFILE_N_KINDS: there is none of this name. `name` need not end
 * with a NUL. */
enum profile_kind_id profile_kind_find(const char *name, size_t n);

/* "cpu, heap, ...". */
void profile_kind_names(char *out, size_t size);

#endif
