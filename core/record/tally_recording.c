#include "record/tally_recording.h"

#include <stdlib.h>

#include "profile/profile.h"
#include "record/recording.h"
#include "sample/build/tally_profile.h"
#include "sample/hooks/contention.h"
#include "sample/tables/tally.h"

struct delta {
    struct tally_snapshot *start;
    struct contention_wish wish;
};

bool tally_recording_begin(struct recording *r, struct tally *tally,
                           struct err *err)
{
    if (!r->plan->is_delta)
        return true;
    struct delta *delta = calloc(1, sizeof *delta);
    if (delta)
        delta->start = tally_snapshot_take(tally);
    if (!delta || !delta->start) {
        free(delta);
        return err_set(err, "out of memory for a profile");
    }
    delta->wish.block_rate_ns = r->plan->block_rate_ns;
    delta->wish.mutex_fraction = r->plan->mutex_fraction;
    contention_want(&delta->wish);
    r->state = delta;
    return true;
}

struct profile *tally_recording_build(struct recording *r, struct tally *tally,
                                      struct err *err)
{
    const struct delta *delta = r->state;
    struct profile *profile =
        profile_kind_empty(r->plan->kind, r->start_ns, r->plan->wait_ns, err);
    if (!profile)
        return NULL;
    struct tally_snapshot *end = tally_snapshot_take(tally);
    bool ok =
        end ? tally_profile_add(profile, end, delta ? delta->start : NULL, err)
            : err_set(err, "out of memory for a profile");
    free(end);
    if (ok)
        return profile;
    profile_free(profile);
    return NULL;
}

void tally_recording_discard(struct recording *r)
{
    struct delta *delta = r->state;
    contention_unwant(&delta->wish);
    free(delta->start);
    free(delta);
}
