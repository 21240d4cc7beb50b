/* target_profiles.h -- connects a load test with the profiles of its target:
 * takes them, or measures the overhead of taking them, on the main thread's
 * loop.
 *
 * Path: load.c -> [target_profiles] -> target/profile_capture.c,
 * target/profile_overhead.c
 */
#ifndef LOAD_TARGET_PROFILES_H
#define LOAD_TARGET_PROFILES_H

#include <stdbool.h>

#include "base/err.h"
#include "target/first_target.h"
#include "target/profile_capture.h"
#include "target/profile_overhead.h"

struct load;

struct target_profiles {
    struct load *load;
    struct first_target target;
    struct profile_capture_env capture_env;
    struct profile_capture *capture; /* NULL if no profiles are asked for */
    struct profile_overhead_env overhead_env;
    /* NULL if the overhead is not measured */
    struct profile_overhead *overhead;
    bool awaiting; /* the load has ended, the main thread waits for replies */
};

/* Makes the capture or the overhead measurement that the configuration of
 * `load` asks for. Returns false and sets err if that is impossible. A zeroed
 * struct may be closed and freed, too. */
bool target_profiles_open(struct target_profiles *profiles, struct load *load,
                          struct err *err);

/* Called when the scenarios begin. */
void target_profiles_start(struct target_profiles *profiles);

/* Called when the scenarios have ended. Runs the loop until all replies that
 * are still useful have arrived. */
void target_profiles_await(struct target_profiles *profiles);

/* Ends the wait of target_profiles_await, if it is waiting. */
void target_profiles_stop(struct target_profiles *profiles);

/* Closes the handles. The caller runs the loop, then calls
 * target_profiles_fini. */
void target_profiles_close(struct target_profiles *profiles);
void target_profiles_fini(struct target_profiles *profiles);

#endif
