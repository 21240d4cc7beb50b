/* profile_kind_cpu.c -- where CPU time goes: a session of samples
 * (sample/session/session.h), which is the recording's state. */
#include "profile/profile.h"
#include "record/recording.h"
#include "sample/session/session.h"

static bool open_session(struct recording *r, struct err *err)
{
    const struct session_options options = {
        .rate_hz = r->plan->rate_hz,
        .slower_than_ns = r->plan->slower_than_ns,
    };
    r->state = session_open(&options, err);
    return r->state;
}

static struct profile *build_cpu(struct recording *r, struct err *err)
{
    struct profile *profile = profile_kind_empty(r->plan->kind, 0, 0, err);
    if (!profile)
        return NULL;
    struct session *session = r->state;
    r->state = NULL;
    if (session_close(session, NULL, profile, err))
        return profile;
    profile_free(profile);
    return NULL;
}

static void discard_session(struct recording *r) { session_abort(r->state); }

const struct profile_kind profile_kind_cpu = {
    .name = "cpu",
    .endpoint = "profile",
    .description = "Time on the CPU, by stack",
    .letter = 'c',
    .span = PROFILE_KIND_TIMED,
    .parameters = PROFILE_TAKES_RATE_HZ | PROFILE_TAKES_SLOWER_THAN,
    .default_seconds = 30,
    .sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}},
    .period_type = {"cpu", "nanoseconds"},
    .shown_type = "cpu",
    .begin = open_session,
    .build = build_cpu,
    .discard = discard_session,
};
