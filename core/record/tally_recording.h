/* tally_recording.h -- a recording of events that are counted by stack from the
 * start of the program on: the kinds block, mutex and threadcreate share it.
 *
 * A delta is the difference of two snapshots of the tally. A tally only grows,
 * so no value is negative; stacks without a new event are left out. While a
 * delta lasts, waits can be recorded at a finer rate (contention.h).
 *
 * Path: profile_kind_block.c, ... -> [tally_recording] ->
 *       sample/build/tally_profile.c
 */
#ifndef RECORD_TALLY_RECORDING_H
#define RECORD_TALLY_RECORDING_H

#include <stdbool.h>

#include "base/err.h"

struct profile;
struct recording;
struct tally;

/* The functions of struct profile_kind, for this tally. */
bool tally_recording_begin(struct recording *recording, struct tally *tally,
                           struct err *err);
struct profile *tally_recording_build(struct recording *recording,
                                      struct tally *tally, struct err *err);
void tally_recording_discard(struct recording *recording);

#endif
