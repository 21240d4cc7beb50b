/* profile_kind_wall.c -- where wall time goes: samples of the threads, on and
 * off the CPU, and the waits of tasks (sample/session/wall.h).
 *
 * A wait is known when it ends. A question to all states (gathering.h) adds the
 * waits that go on at the end of the recording. The recording's state is the
 * struct wall. */
#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "profile/profile.h"
#include "record/gathering.h"
#include "record/recording.h"
#include "sample/session/wall.h"
#include "script/observe.h"

struct waits {
    struct gathering gathering;
    struct wall_window window;
    struct tally tally;
};

static bool open_wall(struct recording *r, struct err *err)
{
    const struct session_options options = {
        .rate_hz = r->plan->rate_hz,
        .slower_than_ns = r->plan->slower_than_ns,
    };
    r->state = wall_open(&options, err);
    return r->state;
}

static void take_waits(struct gathering *gathering, struct lua_State *L)
{
    struct waits *waits = container_of(gathering, struct waits, gathering);
    observe_waits(L, &waits->window, &waits->tally);
}

static void free_waits(struct gathering *gathering)
{
    struct waits *waits = container_of(gathering, struct waits, gathering);
    tally_fini(&waits->tally);
    pthread_mutex_destroy(&waits->tally.lock);
    free(waits);
}

static struct gathering *ask_for_waits(struct recording *r)
{
    struct waits *waits = r->gathering ? NULL : calloc(1, sizeof *waits);
    if (!waits)
        return NULL;
    gathering_init(&waits->gathering, take_waits, free_waits);
    pthread_mutex_init(&waits->tally.lock, NULL);
    waits->window = *wall_end(r->state);
    return &waits->gathering;
}

static struct profile *build_wall(struct recording *r, struct err *err)
{
    struct profile *profile = profile_kind_empty(r->plan->kind, 0, 0, err);
    if (!profile || !r->gathering) {
        profile_free(profile);
        err_set(err, "out of memory for a profile");
        return NULL;
    }
    struct waits *waits = container_of(r->gathering, struct waits, gathering);
    struct wall *wall = r->state;
    r->state = NULL;
    if (wall_close(wall, &waits->tally, profile, err))
        return profile;
    profile_free(profile);
    return NULL;
}

static void discard_wall(struct recording *r) { wall_abort(r->state); }

const struct profile_kind profile_kind_wall = {
    .name = "wall",
    .endpoint = "wall",
    .description = "Wall time by stack, on and off the CPU, of threads "
                   "and waiting handlers",
    .span = PROFILE_KIND_TIMED,
    .parameters = PROFILE_TAKES_RATE_HZ | PROFILE_TAKES_SLOWER_THAN,
    .default_seconds = 30,
    .sample_types = {{"samples", "count"}, {"wall", "nanoseconds"}},
    .period_type = {"wall", "nanoseconds"},
    .shown_type = "wall",
    .begin = open_wall,
    .end = ask_for_waits,
    .build = build_wall,
    .discard = discard_wall,
};
