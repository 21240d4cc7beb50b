/* profile_kind_trace.c -- a timeline, which is not a profile but JSON
 * (sample/session/trace.h).
 *
 * A question to all states (gathering.h) adds what goes on at the end of the
 * recording. The recording's state is the struct trace. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "record/gathering.h"
#include "record/recording.h"
#include "sample/session/trace.h"
#include "script/observe.h"

struct going_on {
    struct gathering gathering;
    uint64_t trace; /* its number */
};

static bool open_trace(struct recording *r, struct err *err)
{
    r->state = trace_open(err);
    return r->state;
}

static void tell_what_goes_on(struct gathering *gathering, struct lua_State *L)
{
    observe_trace(L,
                  container_of(gathering, struct going_on, gathering)->trace);
}

static void free_going_on(struct gathering *gathering)
{
    free(container_of(gathering, struct going_on, gathering));
}

static struct gathering *ask_what_goes_on(struct recording *r)
{
    struct going_on *question =
        r->gathering ? NULL : calloc(1, sizeof *question);
    if (!question)
        return NULL;
    gathering_init(&question->gathering, tell_what_goes_on, free_going_on);
    question->trace = trace_stop(r->state);
    return &question->gathering;
}

static bool write_trace(struct recording *r, struct buf *json, struct err *err)
{
    return r->gathering ? trace_write_json(r->state, json, err)
                        : err_set(err, "out of memory for a trace");
}

static void discard_trace(struct recording *r) { trace_free(r->state); }

const struct profile_kind profile_kind_trace = {
    .name = "trace",
    .endpoint = "trace",
    .description = "A timeline of requests, waits and collections for "
                   "ui.perfetto.dev",
    .span = PROFILE_KIND_TIMED,
    .default_seconds = 1,
    .max_seconds = 3600,
    .written_extension = ".json",
    .written_content_type = "application/json",
    .begin = open_trace,
    .end = ask_what_goes_on,
    .write = write_trace,
    .discard = discard_trace,
};
