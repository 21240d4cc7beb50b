/* tally_profile.h -- puts a tally into a profile.
 *
 * Path: tally.c -> [tally_profile] -> profile/profile.c
 */
#ifndef SAMPLE_BUILD_TALLY_PROFILE_H
#define SAMPLE_BUILD_TALLY_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct profile;
struct tally_snapshot;

/* Add what came since `start`, NULL being the program's start, up to `end`, to
 * a profile whose sample types are the count and, if it has a second one, the
 * weight. False and err when out of memory. [any thread, no lock held] */
bool tally_profile_add(struct profile *profile,
                       const struct tally_snapshot *end,
                       const struct tally_snapshot *start, struct err *err);

#endif
