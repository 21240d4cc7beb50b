/* profile_kind_block.c -- stacks that waited for locks, channels and permits
 * (sample/hooks/contention.h). */
#include "record/profile_kind.h"
#include "record/tally_recording.h"
#include "sample/hooks/contention.h"

static bool begin_block(struct recording *r, struct err *err)
{
    return tally_recording_begin(r, &contention_block_tally, err);
}

static struct profile *build_block(struct recording *r, struct err *err)
{
    return tally_recording_build(r, &contention_block_tally, err);
}

static int64_t count_block_stacks(struct recording *r)
{
    (void)r;
    return tally_n(&contention_block_tally);
}

const struct profile_kind profile_kind_block = {
    .name = "block",
    .endpoint = "block",
    .description = "Stacks that waited for locks and channels",
    .span = PROFILE_KIND_CUMULATIVE,
    .parameters = PROFILE_TAKES_BLOCK_RATE,
    .sample_types = {{"contentions", "count"}, {"delay", "nanoseconds"}},
    .period_type = {"contentions", "count"},
    .period = 1,
    .shown_type = "delay",
    .prepare = contention_watch_native,
    .begin = begin_block,
    .build = build_block,
    .count = count_block_stacks,
    .discard = tally_recording_discard,
};
