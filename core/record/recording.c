#include "record/recording.h"

#include "base/clock.h"
#include "record/gathering.h"
#include "sample/platform/own_work.h"

bool recording_start(struct recording *r, const struct recording_plan *plan,
                     struct err *err)
{
    r->plan = plan;
    r->start_ns = clock_wall_ns();
    own_work_enter();
    bool ok = !plan->kind->begin || plan->kind->begin(r, err);
    own_work_leave();
    return ok;
}

struct gathering *recording_end(struct recording *r)
{
    if (!r->plan->kind->end)
        return NULL;
    own_work_enter();
    struct gathering *question = r->plan->kind->end(r);
    own_work_leave();
    if (question) {
        gathering_release(r->gathering);
        r->gathering = question;
    }
    return question;
}

struct profile *recording_build(struct recording *r, struct err *err)
{
    own_work_enter();
    struct profile *profile = r->plan->kind->build(r, err);
    if (profile)
        label_filter_apply(&r->plan->labels, profile);
    own_work_leave();
    return profile;
}

bool recording_write(struct recording *r, struct buf *text, struct err *err)
{
    own_work_enter();
    bool ok = r->plan->kind->write(r, text, err);
    own_work_leave();
    return ok;
}

void recording_fini(struct recording *r)
{
    if (r->state)
        r->plan->kind->discard(r);
    r->state = NULL;
    gathering_release(r->gathering);
    r->gathering = NULL;
}
