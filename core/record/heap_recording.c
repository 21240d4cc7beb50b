#include "record/heap_recording.h"

#include <stdlib.h>

#include "profile/profile.h"
#include "record/recording.h"
#include "sample/build/heap_profile.h"
#include "sample/tables/heap.h"

bool heap_recording_begin(struct recording *r, struct err *err)
{
    if (!r->plan->is_delta)
        return true;
    r->state = heap_snapshot_take();
    return r->state || err_set(err, "out of memory for a profile");
}

struct profile *heap_recording_build(struct recording *r, struct err *err)
{
    struct profile *profile =
        profile_kind_empty(r->plan->kind, r->start_ns, r->plan->wait_ns, err);
    if (!profile)
        return NULL;
    profile_header(profile)->period = (int64_t)heap_rate();
    struct heap_snapshot *end = heap_snapshot_take();
    bool ok = end ? heap_profile_add(profile, end, r->state,
                                     r->plan->shows_profiler, err)
                  : err_set(err, "out of memory for a profile");
    free(end);
    if (ok)
        return profile;
    profile_free(profile);
    return NULL;
}

int64_t heap_recording_count(struct recording *r)
{
    (void)r;
    return heap_n_entries();
}

void heap_recording_discard(struct recording *r) { free(r->state); }
