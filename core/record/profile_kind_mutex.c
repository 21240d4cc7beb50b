/* profile_kind_mutex.c -- stacks that held locks for which others waited. The
 * stack is that of the unlock (sample/hooks/contention.h). */
#include "record/profile_kind.h"
#include "record/tally_recording.h"
#include "sample/hooks/contention.h"

static bool begin_mutex(struct recording *r, struct err *err)
{
    return tally_recording_begin(r, &contention_mutex_tally, err);
}

static struct profile *build_mutex(struct recording *r, struct err *err)
{
    return tally_recording_build(r, &contention_mutex_tally, err);
}

static int64_t count_mutex_stacks(struct recording *r)
{
    (void)r;
    return tally_n(&contention_mutex_tally);
}

const struct profile_kind profile_kind_mutex = {
    .name = "mutex",
    .endpoint = "mutex",
    .description = "Stacks that held locks while others waited",
    .span = PROFILE_KIND_CUMULATIVE,
    .parameters = PROFILE_TAKES_MUTEX_FRACTION,
    .sample_types = {{"contentions", "count"}, {"delay", "nanoseconds"}},
    .period_type = {"contentions", "count"},
    .period = 1,
    .shown_type = "delay",
    .prepare = contention_watch_native,
    .begin = begin_mutex,
    .build = build_mutex,
    .count = count_mutex_stacks,
    .discard = tally_recording_discard,
};
