/* profile_kind_threadcreate.c -- stacks that made threads
 * (sample/hooks/thread_create.h). */
#include "record/profile_kind.h"
#include "record/tally_recording.h"
#include "sample/hooks/thread_create.h"

static bool begin_threadcreate(struct recording *r, struct err *err)
{
    return tally_recording_begin(r, &thread_create_tally, err);
}

static struct profile *build_threadcreate(struct recording *r, struct err *err)
{
    return tally_recording_build(r, &thread_create_tally, err);
}

static int64_t count_threadcreate_stacks(struct recording *r)
{
    (void)r;
    return tally_n(&thread_create_tally);
}

const struct profile_kind profile_kind_threadcreate = {
    .name = "threadcreate",
    .endpoint = "threadcreate",
    .description = "Stacks that made threads",
    .span = PROFILE_KIND_CUMULATIVE,
    .sample_types = {{"threadcreate", "count"}},
    .period_type = {"threadcreate", "count"},
    .period = 1,
    .shown_type = "threadcreate",
    .begin = begin_threadcreate,
    .build = build_threadcreate,
    .count = count_threadcreate_stacks,
    .discard = tally_recording_discard,
};
