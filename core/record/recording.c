#include "record/recording.h"

#include "base/clock.h"
#include "record/gathering.h"

bool recording_start(struct recording *r, const struct recording_plan *plan,
                     struct err *err)
{
    r->plan = plan;
    r->start_ns = clock_wall_ns();
    return !plan->kind->begin || plan->kind->begin(r, err);
}

struct gathering *recording_end(struct recording *r)
{
    if (!r->plan->kind->end)
        return NULL;
    struct gathering *question = r->plan->kind->end(r);
    if (question) {
        gathering_release(r->gathering);
        r->gathering = question;
    }
    return question;
}

struct profile *recording_build(struct recording *r, struct err *err)
{
    struct profile *profile = r->plan->kind->build(r, err);
    if (profile)
        label_filter_apply(&r->plan->labels, profile);
    return profile;
}

bool recording_write(struct recording *r, struct buf *text, struct err *err)
{
    return r->plan->kind->write(r, text, err);
}

void recording_fini(struct recording *r)
{
    if (r->state)
        r->plan->kind->discard(r);
    r->state = NULL;
    gathering_release(r->gathering);
    r->gathering = NULL;
}
