#include "record/recording.h"

#include <stdlib.h>

#include "base/clock.h"
#include "record/goroutines.h"
#include "pprof/pprof_index.h"
#include "profile/profile.h"
#include "sample/tables/heap.h"
#include "sample/build/heap_profile.h"
#include "sample/session/session.h"
#include "sample/tables/tally.h"
#include "sample/build/tally_profile.h"
#include "sample/session/trace.h"
#include "sample/session/wall.h"

static bool start(struct recording *r, struct err *err)
{
    const struct session_options options = {
        .rate_hz = r->plan->rate_hz,
        .slower_than_ns = r->plan->slower_than_ns,
    };
    switch (r->plan->kind->source) {
    case PPROF_CPU:
        r->session = session_open(&options, err);
        return r->session;
    case PPROF_WALL:
        r->wall = wall_open(&options, err);
        return r->wall;
    case PPROF_TRACE:
        r->trace = trace_open(err);
        return r->trace;
    case PPROF_HEAP:
        if (r->plan->is_delta && !(r->heap_start = heap_snapshot_take()))
            return err_set(err, "out of memory for a profile");
        return true;
    case PPROF_TALLY:
        if (r->plan->is_delta &&
            !(r->tally_start = tally_snapshot_take(r->plan->kind->tally)))
            return err_set(err, "out of memory for a profile");
        return true;
    case PPROF_GOROUTINES:
        return true;
    }
    return false;
}

bool recording_start(struct recording *r, const struct recording_plan *plan,
                     struct err *err)
{
    r->plan = plan;
    r->start_ns = clock_wall_ns();
    if (!start(r, err))
        return false;
    r->has_wish = plan->block_rate_ns || plan->mutex_fraction;
    if (r->has_wish) {
        r->wish.block_rate_ns = plan->block_rate_ns;
        r->wish.mutex_fraction = plan->mutex_fraction;
        contention_want(&r->wish);
    }
    return true;
}

struct goroutines *recording_end(struct recording *r)
{
    struct goroutines *g = NULL;
    if (r->wall && (g = goroutines_new(GOROUTINES_WAITS)))
        g->window = *wall_end(r->wall);
    else if (r->trace && (g = goroutines_new(GOROUTINES_TRACE)))
        g->trace = trace_stop(r->trace);
    else if (r->plan->kind->source == PPROF_GOROUTINES)
        g = goroutines_new(r->plan->result == RECORDING_DUMP
                               ? GOROUTINES_DUMP
                               : GOROUTINES_COUNTS);
    r->goroutines = g;
    return g;
}

static struct profile *make_cpu_profile(struct recording *r, struct err *err)
{
    struct session *session = r->session;
    r->session = NULL;
    return session_close(session, NULL, err);
}

static struct profile *make_wall_profile(struct recording *r, struct err *err)
{
    struct wall *wall = r->wall;
    r->wall = NULL;
    if (r->goroutines)
        return wall_close(wall, &r->goroutines->tally, err);
    wall_abort(wall);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_heap_profile(struct recording *r, struct err *err)
{
    struct heap_snapshot *end = heap_snapshot_take();
    if (!end) {
        err_set(err, "out of memory for a profile");
        return NULL;
    }
    const struct heap_profile_source source = {
        .end = end,
        .start = r->heap_start,
        .time_ns = r->start_ns,
        .duration_ns = r->plan->wait_ns,
        .default_sample_type = r->plan->kind->default_sample_type,
    };
    struct profile *profile = heap_profile_build(&source, err);
    free(end);
    return profile;
}

static struct profile *make_empty_profile(struct recording *r, struct err *err)
{
    return pprof_kind_empty(r->plan->kind, r->start_ns, r->plan->wait_ns, err);
}

static struct profile *make_tally_profile(struct recording *r, struct err *err)
{
    struct profile *profile = make_empty_profile(r, err);
    struct tally_snapshot *end =
        profile ? tally_snapshot_take(r->plan->kind->tally) : NULL;
    if (end && tally_profile_add(profile, end, r->tally_start, err)) {
        free(end);
        return profile;
    }
    free(end);
    if (profile)
        profile_free(profile);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_goroutine_profile(struct recording *r,
                                              struct err *err)
{
    struct profile *profile = make_empty_profile(r, err);
    if (!profile)
        return NULL;
    if (r->goroutines && goroutines_add_to(r->goroutines, profile, err))
        return profile;
    profile_free(profile);
    err_set(err, "out of memory for a profile");
    return NULL;
}

static struct profile *make_profile(struct recording *r, struct err *err)
{
    switch (r->plan->kind->source) {
    case PPROF_CPU:
        return make_cpu_profile(r, err);
    case PPROF_WALL:
        return make_wall_profile(r, err);
    case PPROF_HEAP:
        return make_heap_profile(r, err);
    case PPROF_GOROUTINES:
        return make_goroutine_profile(r, err);
    case PPROF_TALLY:
        return make_tally_profile(r, err);
    case PPROF_TRACE:
        break; /* write_trace */
    }
    return NULL;
}

struct profile *recording_make_profile(struct recording *r, struct err *err)
{
    struct profile *profile = make_profile(r, err);
    if (profile)
        label_filter_apply(&r->plan->labels, profile);
    return profile;
}

bool recording_write(struct recording *r, struct buf *text, struct err *err)
{
    if (!r->goroutines)
        return err_set(err, "out of memory");
    switch (r->plan->result) {
    case RECORDING_PROFILE:
        break;
    case RECORDING_TRACE:
        return trace_end(r->trace, text, err);
    case RECORDING_DUMP:
        return goroutines_write(r->goroutines, text, err);
    case RECORDING_INDEX:
        return pprof_index_write(r->goroutines, text, err);
    }
    return false;
}

void recording_stop(struct recording *r)
{
    if (r->session)
        session_abort(r->session);
    r->session = NULL;
    if (r->wall)
        wall_abort(r->wall);
    r->wall = NULL;
    if (r->has_wish)
        contention_unwant(&r->wish);
    r->has_wish = false;
}

void recording_fini(struct recording *r)
{
    recording_stop(r);
    free(r->heap_start);
    free(r->tally_start);
    goroutines_release(r->goroutines);
    trace_free(r->trace);
}
