/* tally_profile.h -- adds the entries of a tally to a profile: the kinds
 * threadcreate, block, mutex and goroutine.
 *
 * Path: tally.c -> [tally_profile] -> stack_samples.c
 */
#ifndef SAMPLE_BUILD_TALLY_PROFILE_H
#define SAMPLE_BUILD_TALLY_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct profile;
struct tally_snapshot;

/* Adds the events between the snapshots `start` and `end`, or all events up to
 * `end` if `start` is NULL. The first sample type of the profile is the count;
 * the second, if there is one, the weight. Returns false and sets err if out of
 * memory. [any thread, no lock held] */
bool tally_profile_add(struct profile *profile,
                       const struct tally_snapshot *end,
                       const struct tally_snapshot *start, struct err *err);

#endif
