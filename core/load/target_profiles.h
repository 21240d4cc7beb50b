/* target_profiles.h -- what of a load test concerns profiles of its target:
 * they are captured, or what it costs to take them is measured, on the loop of
 * the main thread.
 *
 * Path: load.c -> [target_profiles] -> profile_capture.c, profile_overhead.c
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
    struct profile_capture_host capture_host;
    struct profile_capture *capture; /* NULL: no profiles are asked for */
    struct profile_overhead_host overhead_host;
    struct profile_overhead *overhead; /* NULL: it is not to be measured */
    bool awaiting;                     /* the load has ended */
};

/* As the configuration of `load` says. False and err: what cannot be. A zeroed
 * one may be closed and freed, too. */
bool target_profiles_open(struct target_profiles *profiles, struct load *load,
                          struct err *err);

/* The scenarios begin now. */
void target_profiles_start(struct target_profiles *profiles);

/* They have ended: run the loop until what is on its way has come. */
void target_profiles_await(struct target_profiles *profiles);

/* Wait no longer, if that is where the test is. */
void target_profiles_stop(struct target_profiles *profiles);

/* Close the handles; then run the loop; then free. */
void target_profiles_close(struct target_profiles *profiles);
void target_profiles_fini(struct target_profiles *profiles);

#endif
